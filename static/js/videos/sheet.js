/** The open video: its player, its renditions and jobs, and what can be done with it. */

import { call } from "../api.js";
import { ask, askAndSend } from "../ask.js";
import { JobTable } from "./jobtable.js";
import { Player } from "./player.js";
import { askForEdit } from "./studio.js";
import {
  awaitsStream, busy, encoding, facts, failure, jobAct, languageName, onAir, playsAlready, renditionFacts, retriable,
  stateWords,
} from "./words.js";

const BUSY_MS = 3_000; // how often an unfinished video's jobs are read
const SOON_MS = 500; // events come in heaps
const find = (id) => document.getElementById(id);

export class VideoSheet {
  uuid = ""; // of the open video, "" for none
  #video = null;
  #said = ""; // what was refused last
  #timer;
  #reading = false;

  /** `read(uuid)` has a video read again; `removed(uuid)` is told when it was deleted. */
  constructor(read, removed) {
    Object.assign(this, { read, removed });
    this.player = new Player(find("player"), () => this.read(this.uuid));
    this.jobs = new JobTable((action) => this.#attempt(action));
    for (const [id, path] of [
      ["cancel", "cancel"], ["retry", "retry"], ["again", "transcode"],
      ["captions", "captions/generate"], ["end-live", "live/end"],
    ]) find(id).addEventListener("click", () => this.#post(path, {}));
    find("edit").addEventListener("click", () => this.#edit());
    find("rename").addEventListener("click", () => this.#rename());
    find("delete").addEventListener("click", () => this.#delete());
  }

  /** Open a video, or none; nothing of it is shown, nor can be done, before it is known. */
  open(uuid) {
    if (uuid === this.uuid) return;
    this.uuid = uuid;
    this.#video = null;
    find("open-video").hidden = true;
    this.complain("");
    this.jobs.show([]);
    find("live-key").replaceChildren();
    this.player.show(null);
    clearTimeout(this.#timer);
    if (uuid) this.#readJobs();
  }

  /** Show the open video's present state. */
  show(video) {
    const before = this.#video;
    if (before && before.state.id !== video.state.id) this.#said = "";
    this.#video = video;
    find("open-video").hidden = false;
    if (!awaitsStream(video)) find("live-key").replaceChildren();
    this.#head(video);
    this.#buttons(video);
    this.#renditions(video);
    this.player.show(video);
    if (before) this.#soon(SOON_MS);
  }

  /** Say what went wrong with an action, or with the video. */
  complain(message) {
    this.#said = message;
    const words = message || (this.#video ? failure(this.#video) : "");
    find("video-error").textContent = words;
    find("video-error").hidden = !words;
  }

  #head(video) {
    const [words, tone] = stateWords(video);
    document.title = `${video.name} · Medialoom`;
    find("video-name").textContent = video.name;
    find("video-state").textContent = words;
    find("video-state").dataset.tone = tone;
    find("video-plays").hidden = !playsAlready(video);
    find("video-facts").textContent = facts(video);
    find("video-progress").hidden = !encoding(video);
    find("video-progress").value = video.progress ?? 0;
    find("video-warnings").replaceChildren(...video.warnings.map((words) => item(words)));
    this.complain(this.#said); // news of the video do not wipe a refusal away
  }

  #buttons(video) {
    const isReady = video.state.id === 1 && !video.isLive;
    const shown = {
      cancel: encoding(video),
      retry: retriable(video),
      again: isReady,
      edit: isReady,
      captions: isReady && video.hasAudio,
      "end-live": onAir(video),
    };
    for (const [id, isShown] of Object.entries(shown)) find(id).hidden = !isShown;
  }

  #renditions(video) {
    find("renditions").replaceChildren(...video.files.map((file) => rendition(file)));
    find("no-renditions").hidden = video.files.length > 0;
    find("captions-line").hidden = !video.captions.length;
    find("caption-list").textContent = video.captions
      .map(({ language, automaticallyGenerated: isHeard }) => languageName(language) + (isHeard ? " (by machine)" : ""))
      .join(", ");
  }

  #soon(afterMs) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#readJobs(), afterMs);
  }

  /** Read the jobs; while any is unfinished again and again, since their progress has no event. */
  async #readJobs() {
    const { uuid } = this;
    if (this.#reading) return this.#soon(SOON_MS);
    this.#reading = true;
    let isMoreToCome = Boolean(this.#video && busy(this.#video));
    try {
      const { data } = await call("GET", `/api/v1/video/${uuid}/jobs`);
      if (uuid === this.uuid) this.jobs.show(data);
      isMoreToCome ||= data.some((job) => jobAct(job) === "cancel");
    } catch {
      // The line at the top says when the server is away.
    } finally {
      this.#reading = false;
    }
    if (uuid === this.uuid && isMoreToCome) this.#soon(BUSY_MS);
  }

  #post(path, data) {
    return this.#attempt(() => call("POST", `/api/v1/video/${this.uuid}/${path}`, data));
  }

  async #edit() {
    const { uuid } = this;
    const sent = await askForEdit(this.#video, (form) => call("POST", `/api/v1/video/${uuid}/studio`, form));
    if (sent) await this.#attempt(() => {});
  }

  async #rename() {
    const { uuid, name } = this.#video;
    find("new-name").value = name;
    const renamed = await askAndSend(find("rename-dialog"), () => (
      call("PATCH", `/api/v1/video/${uuid}`, { name: find("new-name").value })
    ));
    if (renamed) await this.read(uuid);
  }

  async #delete() {
    const { uuid, name } = this.#video;
    find("delete-name").textContent = name;
    if (!await ask(find("delete-dialog"))) return;
    if (await this.#attempt(() => call("DELETE", `/api/v1/video/${uuid}`), false)) this.removed(uuid);
  }

  /** Do something on the server, read what came of it; returns whether it was done. */
  async #attempt(action, isReadAfter = true) {
    this.complain("");
    try {
      await action();
    } catch (error) {
      this.complain(error.message);
      return false;
    }
    if (isReadAfter) {
      await this.read(this.uuid);
      this.#soon(0);
    }
    return true;
  }
}

function item(words) {
  const line = document.createElement("li");
  line.textContent = words;
  return line;
}

function rendition(file) {
  const line = find("rendition-template").content.firstElementChild.cloneNode(true);
  const slot = (name) => line.querySelector(`[data-slot="${name}"]`);
  slot("name").textContent = file.resolution.label;
  slot("name").href = file.url;
  slot("facts").textContent = renditionFacts(file);
  return line;
}
