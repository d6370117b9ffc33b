/**
 * A socket that stays: it fetches a ticket, connects, and comes back after every cut.
 *
 * While it is cut, `poll` is called every few seconds, so that the page goes on; after every
 * connect `onOpen` is called, which has to read the present state anew (events are hints).
 */

import { call } from "./api.js";

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;
const POLL_MS = 3_000;
const STEADY_MS = 5_000; // open this long, a connection counts as good again
const OPEN_WITHIN_MS = 10_000;
const WATCH_MS = 5_000;
const ASK_AFTER_MS = 20_000; // silence after which a ping is sent
const GIVE_UP_AFTER_MS = 30_000; // silence after which the line counts as dead

export class LiveSocket {
  #socket = null;
  #failures = 0;
  #heardAt = 0;
  #state = "";
  #timers = {};

  /**
   * `path` may have a query; `on` holds onFrame, onOpen, poll and onState, and `ping` where
   * the server does not know `{"type": "ping"}`: a command that it always answers.
   */
  constructor(path, on) {
    this.path = path;
    this.on = on;
  }

  start() {
    addEventListener("offline", () => this.#lose());
    addEventListener("online", () => this.#reconnect(0));
    document.addEventListener("medialoom:signed-out", () => this.#stop());
    this.#repeat("watch", () => this.#watch(), WATCH_MS);
    this.#connect();
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Send a command; one that falls into a cut is dropped, `onOpen` makes up for it. */
  send(command) {
    if (this.isOpen) this.#socket.send(JSON.stringify(command));
  }

  async #connect() {
    try {
      const { ticket } = await call("POST", "/api/v1/socket-tickets/");
      this.#open(ticket);
    } catch {
      this.#lose();
    }
  }

  #open(ticket) {
    this.#drop();
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const url = new URL(`${scheme}//${location.host}${this.path}`);
    url.searchParams.set("ticket", ticket);
    const socket = new WebSocket(url);
    this.#socket = socket;
    this.#once("deadline", () => this.#lose(), OPEN_WITHIN_MS);
    socket.onopen = () => this.#opened();
    socket.onmessage = ({ data }) => this.#heard(data);
    socket.onclose = () => this.#lose();
  }

  #opened() {
    for (const name of ["deadline", "poll"]) this.#clear(name);
    this.#heardAt = performance.now();
    this.#once("steady", () => { this.#failures = 0; }, STEADY_MS);
    this.#say("open");
    this.on.onOpen();
  }

  #heard(data) {
    this.#heardAt = performance.now();
    this.on.onFrame(JSON.parse(data));
  }

  /** Let go of the socket without waiting for its farewell, and begin to poll and to retry. */
  #lose() {
    if (this.#state === "signed-out") return;
    this.#drop();
    if (this.#state !== "unreachable") this.#say("lost");
    if (!this.#timers.poll) this.#poll();
    const longest = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++);
    this.#reconnect(longest * (0.5 + Math.random() / 2));
  }

  #reconnect(afterMs) {
    if (!this.isOpen) this.#once("retry", () => this.#connect(), afterMs);
  }

  async #poll() {
    this.#once("poll", () => this.#poll(), POLL_MS);
    try {
      await this.on.poll();
      if (this.#state === "unreachable") this.#reconnect(FIRST_RETRY_MS * Math.random());
      if (this.#timers.poll) this.#say("lost");
    } catch (error) {
      if (this.#timers.poll && !error.status) this.#say("unreachable");
    }
  }

  #say(state) {
    this.#state = state;
    this.on.onState(state);
  }

  /** Notice a line that is dead without having been closed. */
  #watch() {
    if (!this.isOpen) return;
    const silentMs = performance.now() - this.#heardAt;
    if (silentMs > GIVE_UP_AFTER_MS) this.#lose();
    else if (silentMs > ASK_AFTER_MS) this.send(this.on.ping ?? { type: "ping" });
  }

  #stop() {
    this.#drop();
    Object.keys(this.#timers).forEach((name) => this.#clear(name));
    this.#say("signed-out");
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    for (const name of ["deadline", "steady"]) this.#clear(name);
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #once(name, run, afterMs) {
    this.#clear(name);
    this.#timers[name] = setTimeout(run, afterMs);
  }

  #repeat(name, run, everyMs) {
    this.#timers[name] = setInterval(run, everyMs);
  }

  #clear(name) {
    clearTimeout(this.#timers[name]);
    delete this.#timers[name];
  }
}
