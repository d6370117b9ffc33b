/** Sending files by tus: each with its own bar, paused and gone on with, after a reload too. */

import "../vendor/tus.min.js";

import { csrfToken, parse, refused } from "./api.js";
import { uploadsKey } from "./session.js";
import { size } from "./sizes.js";

const { tus } = window; // the library is no module
const ENDPOINT = "/api/v1/tus/";
const RETRY_MS = [0, 1_000, 3_000, 5_000, 10_000, 20_000, 30_000];
const AT_ONCE = 2;
// The server's refusals that are not about the file: it can go on later.
const FOR_NOW = new Set([401, 408, 423, 429]);
const STORED = tus.defaultOptions.urlStorage;
const find = (id) => document.getElementById(id);

export class Sender {
  #all = new Set();

  /**
   * `kind` says what the files are for: `purpose`, the server's word; `metadata(file, options)`;
   * `named(sending, address)` is told what a file becomes, as soon as the server says it, and
   * `done(sending, address)` when all of it is there.
   */
  constructor(kind) {
    Object.assign(this, { kind, place: find("sending"), template: find("sending-template") });
    addEventListener("beforeunload", (event) => { if (this.isBusy) event.preventDefault(); });
    document.addEventListener("medialoom:signed-out", () => this.#all.forEach((sending) => sending.breakOff()));
  }

  get isBusy() {
    return [...this.#all].some(({ isOver }) => !isOver);
  }

  /** Queue files; `options` go into their metadata. */
  add(files, options = {}) {
    find("unfinished").hidden = true;
    for (const file of files) {
      const item = this.template.content.firstElementChild.cloneNode(true);
      this.place.append(item);
      this.#all.add(new Sending(file, options, item, this));
    }
    this.next();
  }

  /** Begin what waits, two at a time. */
  next() {
    const running = [...this.#all].filter(({ state }) => state === "running").length;
    const waiting = [...this.#all].filter(({ state }) => state === "waiting");
    waiting.slice(0, Math.max(0, AT_ONCE - running)).forEach((sending) => sending.start());
  }

  /** Say which files' sending broke off and can go on. */
  async sayUnfinished() {
    const mine = `tus::${uploadsKey(this.kind.purpose)}:`;
    const left = (await STORED.findAllUploads()).filter(({ urlStorageKey: key }) => key.startsWith(mine));
    const names = left.map(({ metadata }) => metadata?.filename).filter(Boolean);
    find("unfinished").hidden = !names.length;
    find("unfinished").textContent = `Choose again, and it goes on where it broke off: ${names.join(", ")}`;
  }

  /** Forget a sending that is not in sight any more. */
  drop(sending) {
    this.#all.delete(sending);
  }
}

class Sending {
  state = "waiting"; // running, paused, done, failed, stopped
  startedAt; // this page's time, ms
  begunAt; // the server's time of its first answer, ms
  #upload;
  #address = "";

  constructor(file, options, item, sender) {
    Object.assign(this, { file, options, item, sender });
    this.#slot("name").textContent = file.name;
    this.#slot("progress").setAttribute("aria-label", `Sent of ${file.name}`);
    this.#say("Waiting to be sent");
    this.#slot("pause").addEventListener("click", () => this.#pauseOrGoOn());
    this.#slot("stop").addEventListener("click", () => this.#stop());
    this.#slot("show").addEventListener("click", () => { if (this.isOver) this.leave(); });
    this.#upload = new tus.Upload(file, this.#settings());
  }

  get isOver() {
    return ["done", "failed", "stopped"].includes(this.state);
  }

  /** Send, or go on where an earlier sending of the same file broke off. */
  async start() {
    this.state = "running";
    this.startedAt ??= performance.now();
    try {
      const [latest] = (await this.#upload.findPreviousUploads()).reverse();
      if (latest) this.#upload.resumeFromPreviousUpload(latest);
      if (this.state === "running") this.#upload.start();
    } catch (error) {
      this.#failed(error);
    }
  }

  #settings() {
    const { name, type, size: bytes, lastModified } = this.file;
    const { purpose, metadata } = this.sender.kind;
    return {
      endpoint: ENDPOINT,
      retryDelays: RETRY_MS,
      fingerprint: async () => [uploadsKey(purpose), name, type, bytes, lastModified].join(":"),
      removeFingerprintOnSuccess: true,
      metadata: {
        filename: name, filetype: type || "application/octet-stream", purpose,
        ...metadata(this.file, this.options),
      },
      onBeforeRequest: (request) => request.setHeader("X-CSRFToken", csrfToken()),
      onAfterResponse: (_request, response) => this.#answered(response),
      onProgress: (sent, total) => this.#progress(sent, total),
      onSuccess: () => this.#done(),
      onError: (error) => this.#failed(error),
    };
  }

  /** The server may say what it becomes before all of it is sent. */
  #answered(response) {
    this.begunAt ??= Date.parse(response.getHeader("Date"));
    const address = response.getHeader("Upload-Resource");
    if (!address || address === this.#address) return;
    this.#address = address;
    this.sender.kind.named?.(this, address);
  }

  /** Offer a link to what the file has become. */
  lead(href) {
    this.#slot("show").href = href;
    this.#slot("show").hidden = false;
  }

  #progress(sent, total) {
    if (this.state !== "running") return;
    this.#slot("progress").value = total ? sent / total : 0;
    this.#say(sent < total
      ? `Sending, ${Math.floor((100 * sent) / total)} % of ${size(total)}` : "Sent; the server looks at it");
  }

  #pauseOrGoOn() {
    if (this.state === "paused") {
      this.#slot("pause").textContent = "Pause";
      this.state = "waiting";
      this.#say("Waiting to be sent");
    } else {
      this.state = "paused";
      this.#upload.abort();
      this.#slot("pause").textContent = "Go on";
      this.#say("Paused. It goes on where it was.");
    }
    this.sender.next();
  }

  #done() {
    this.state = "done";
    this.end("Sent.");
    this.sender.kind.done(this, this.#address);
  }

  #failed(error) {
    if (this.isOver) return;
    this.state = "failed";
    const response = error.originalResponse;
    const status = response?.getStatus() ?? 0;
    const body = parse(response?.getBody() ?? "");
    this.end(refused(status, body, response?.getHeader("Retry-After")).message);
    this.#slot("words").dataset.tone = "bad";
    if (status >= 400 && status < 500 && !FOR_NOW.has(status)) this.#forget();
  }

  /** Nobody is signed in here, or somebody else: it waits for its owner. */
  breakOff() {
    if (this.isOver) return;
    this.state = "failed";
    this.#upload.abort();
    this.end("Broken off. Sign in again and choose it again: it goes on where it was.");
  }

  /** What the server has refused cannot go on, and what it was to become is gone. */
  async #forget() {
    this.#slot("show").hidden = true;
    for (const { urlStorageKey } of await this.#upload.findPreviousUploads()) {
      await STORED.removeUpload(urlStorageKey);
    }
  }

  /** Show how it went; only a dismissal is left. */
  end(words) {
    this.#say(words);
    this.#slot("progress").hidden = true;
    this.#slot("pause").hidden = true;
    this.#slot("stop").textContent = "Dismiss";
    this.sender.next();
  }

  /** Give up: the server forgets what it has of the file, and what it was to become. */
  #stop() {
    const wasOver = this.isOver;
    this.state = "stopped";
    // Where that fails the server forgets it by itself, a day later.
    if (!wasOver) this.#upload.abort(true).catch(() => {});
    this.leave();
  }

  /** Go out of sight. */
  leave() {
    this.item.remove();
    this.sender.drop(this);
    this.sender.next();
  }

  #say(words) {
    this.#slot("words").textContent = words;
  }

  #slot(name) {
    return this.item.querySelector(`[data-slot="${name}"]`);
  }
}
