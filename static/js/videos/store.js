/**
 * What this page knows of each video, from answers of the API and frames of the socket.
 *
 * The frames of one socket come in order; an answer may have been overtaken by them, which its
 * time tells. Progress alone leaves that time as it is, so an answer never takes it back.
 * A video that has gone does not come back with an answer that left before.
 */

import { busy } from "./words.js";

export class VideoStore {
  #videos = new Map();
  #forgotten = new Set();

  /** `changed(video, before)` follows every change; `missed(uuid)` asks for a read. */
  constructor({ changed, gone, missed }) {
    Object.assign(this, { changed, gone, missed });
  }

  get(uuid) {
    return this.#videos.get(uuid);
  }

  /** Take an answer of the API. */
  putAnswer(video) {
    if (this.#forgotten.has(video.uuid)) return;
    const before = this.get(video.uuid);
    if (before && Date.parse(before.updatedAt) > Date.parse(video.updatedAt)) return;
    const isSame = before?.state.id === video.state.id;
    const progress = isSame && busy(video) ? Math.max(before.progress ?? 0, video.progress ?? 0) : video.progress;
    this.#keep({ ...video, progress });
  }

  /** Take a frame of the socket. */
  putFrame(frame) {
    if (frame.type === "video.snapshot") frame.videos.forEach((video) => this.#tell(video));
    else if (frame.type === "video.changed") this.#tell(frame.video);
    else if (frame.type === "video.progress") this.#progress(frame);
    else if (frame.type === "video.deleted") this.forget(frame.uuid);
  }

  /** Let go of a video that is not there any more. */
  forget(uuid) {
    this.#forgotten.add(uuid);
    this.#videos.delete(uuid);
    this.gone(uuid);
  }

  /** What the socket tells of is there, whatever was thought of it. */
  #tell(video) {
    this.#forgotten.delete(video.uuid);
    this.#keep(video);
  }

  #progress({ uuid, state, progress, playable }) {
    const before = this.get(uuid);
    if (!before) this.missed(uuid);
    else this.#keep({ ...before, state, progress, playable });
  }

  #keep(video) {
    const before = this.get(video.uuid);
    this.#videos.set(video.uuid, video);
    this.changed(video, before);
  }
}
