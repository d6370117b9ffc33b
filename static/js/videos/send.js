/** Sending videos by tus: each with its own bar, paused and gone on with, after a reload too. */

import "../../vendor/tus.min.js";

import { csrfToken, parse, refused } from "../api.js";
import { size } from "./words.js";

const { tus } = window; // the library is no module
const ENDPOINT = "/api/v1/tus/";
const RETRY_MS = [0, 1_000, 3_000, 5_000, 10_000, 20_000, 30_000];
const AT_ONCE = 2;
const NAME_CHARS = 120;
const SHOWN_MS = 6_000; // how long a sending that is complete stays in sight

export class Sender {
  #all = new Set();

  /** `open(uuid)` shows a video; `begun(uuid)` is told as soon as the server has named it. */
  constructor(place, template, { open, begun }) {
    Object.assign(this, { place, template, open, begun });
    addEventListener("beforeunload", (event) => { if (this.isBusy) event.preventDefault(); });
  }

  get isBusy() {
    return [...this.#all].some(({ isOver }) => !isOver);
  }

  /** Queue files. */
  add(files) {
    for (const file of files) {
      const item = this.template.content.firstElementChild.cloneNode(true);
      this.place.append(item);
      this.#all.add(new Sending(file, item, this));
    }
    this.next();
  }

  /** Begin what waits, two at a time. */
  next() {
    const running = [...this.#all].filter(({ state }) => state === "running").length;
    const waiting = [...this.#all].filter(({ state }) => state === "waiting");
    waiting.slice(0, Math.max(0, AT_ONCE - running)).forEach((sending) => sending.start());
  }

  /** Forget a sending that is not in sight any more. */
  drop(sending) {
    this.#all.delete(sending);
  }
}

/** Return the names of files whose sending broke off and can go on. */
export async function unfinishedNames() {
  const left = await tus.defaultOptions.urlStorage.findAllUploads();
  return left.map(({ metadata }) => metadata?.filename).filter(Boolean);
}

class Sending {
  state = "waiting"; // running, paused, done, failed, stopped
  #upload;
  #uuid = "";

  constructor(file, item, sender) {
    Object.assign(this, { file, item, sender });
    this.#slot("name").textContent = file.name;
    this.#slot("progress").setAttribute("aria-label", `Sent of ${file.name}`);
    this.#say("Waiting to be sent");
    this.#slot("pause").addEventListener("click", () => this.#pauseOrGoOn());
    this.#slot("stop").addEventListener("click", () => this.#stop());
    this.#slot("show").addEventListener("click", (event) => {
      event.preventDefault();
      this.sender.open(this.#uuid);
    });
    this.#upload = new tus.Upload(file, this.#options());
  }

  get isOver() {
    return ["done", "failed", "stopped"].includes(this.state);
  }

  /** Send, or go on where an earlier sending of the same file broke off. */
  async start() {
    this.state = "running";
    try {
      const [latest] = (await this.#upload.findPreviousUploads()).reverse();
      if (latest) this.#upload.resumeFromPreviousUpload(latest);
      if (this.state === "running") this.#upload.start();
    } catch (error) {
      this.#failed(error);
    }
  }

  #options() {
    const { name, type } = this.file;
    return {
      endpoint: ENDPOINT,
      retryDelays: RETRY_MS,
      removeFingerprintOnSuccess: true,
      metadata: {
        filename: name, filetype: type || "application/octet-stream", purpose: "video", name: stem(name),
      },
      onBeforeRequest: (request) => request.setHeader("X-CSRFToken", csrfToken()),
      onAfterResponse: (_request, response) => this.#named(response.getHeader("Upload-Resource")),
      onProgress: (sent, total) => this.#progress(sent, total),
      onSuccess: () => this.#done(),
      onError: (error) => this.#failed(error),
    };
  }

  /** The server says which video it becomes: it may play before all of it is sent. */
  #named(address) {
    const uuid = address?.replace(/\/$/, "").split("/").pop();
    if (!uuid || uuid === this.#uuid) return;
    this.#uuid = uuid;
    this.#slot("show").href = `/videos/${uuid}/`;
    this.#slot("show").hidden = false;
    this.sender.begun(uuid);
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
    this.#ended("Sent.");
    setTimeout(() => this.#leave(), SHOWN_MS);
  }

  #failed(error) {
    if (this.isOver) return;
    this.state = "failed";
    const response = error.originalResponse;
    const body = parse(response?.getBody() ?? "");
    this.#ended(refused(response?.getStatus() ?? 0, body, response?.getHeader("Retry-After")).message);
    this.#slot("words").dataset.tone = "bad";
    const status = response?.getStatus() ?? 0;
    if (status >= 400 && status < 500) this.#forget();
  }

  /** What the server has refused cannot go on, and its video is gone. */
  async #forget() {
    this.#slot("show").hidden = true;
    for (const { urlStorageKey } of await this.#upload.findPreviousUploads()) {
      await tus.defaultOptions.urlStorage.removeUpload(urlStorageKey);
    }
  }

  #ended(words) {
    this.#say(words);
    this.#slot("progress").hidden = true;
    this.#slot("pause").hidden = true;
    this.#slot("stop").textContent = "Dismiss";
    this.sender.next();
  }

  /** Give up: the server forgets what it has of the file, and the video that it was to become. */
  #stop() {
    const wasOver = this.isOver;
    this.state = "stopped";
    // Where that fails the server forgets it by itself, a day later.
    if (!wasOver) this.#upload.abort(true).catch(() => {});
    this.#leave();
  }

  #leave() {
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

/** The name of a file without its ending, as long as a name may be. */
function stem(filename) {
  return [...(filename.replace(/\.[^.]+$/, "") || filename)].slice(0, NAME_CHARS).join("");
}
