/**
 * What this page knows of each upload, from answers of the API and frames of the socket.
 *
 * Both may overtake each other; nothing older replaces what is newer, and what has gone does
 * not come back with an answer that left before. While an upload is read, `streamed` is its
 * text so far and `points` its length in code points, the unit of the offsets in the frames.
 */

import { busy } from "./words.js";

export class UploadStore {
  #uploads = new Map();
  #forgotten = new Set();

  /** `changed(upload, before)` follows every change; `missed(id)` asks for a read of the row. */
  constructor({ changed, missed }) {
    this.changed = changed;
    this.missed = missed;
  }

  get(id) {
    return this.#uploads.get(id);
  }

  remove(id) {
    this.#forgotten.add(id);
    this.#uploads.delete(id);
  }

  /** Take a whole upload, as the API and most events show it; returns what is kept, if it is there. */
  putInstance(instance) {
    if (this.#forgotten.has(instance.id)) return undefined;
    const before = this.get(instance.id);
    if (before && isStale(before, instance)) return before;
    const upload = { ...before, ...instance };
    if (before?.run === instance.run && busy(instance)) {
      upload.progress = Math.max(before.progress ?? 0, instance.progress);
    }
    const text = instance.streamed_text ?? "";
    const goesOn = before && before.run === instance.run && before.points > length(text);
    if (!goesOn) restart(upload, text);
    return this.#keep(upload, before);
  }

  /** Take a frame of the text stream (core contract, 2.6). */
  putFrame(frame) {
    const before = this.get(frame.id);
    if (!before) return this.missed(frame.id);
    if (frame.run < before.run || (frame.status === "processing" && isOver(before, frame))) return before;
    const { type, delta, offset, streamed_text: whole, ...rest } = frame;
    const upload = { ...before, ...rest };
    if (frame.run !== before.run) restart(upload, "");
    if (frame.status === "processing" && !extend(upload, frame)) this.missed(frame.id);
    return this.#keep(upload, before);
  }

  #keep(upload, before) {
    upload.seenAt = before?.seenAt ?? performance.now(); // since when this page knows of it, ms
    upload.page_count ||= before?.page_count; // the row has none before it was read once
    this.#uploads.set(upload.id, upload);
    this.changed(upload, before);
    return upload;
  }
}

/** Whether an answer was overtaken by what is known already. */
function isStale(before, instance) {
  if (busy(instance) && isOver(before, instance)) return true;
  return Date.parse(instance.updated_at) < Date.parse(before.updated_at);
}

/** Whether the run that `news` speaks of is known to have ended. */
function isOver(before, news) {
  return !busy(before) && before.status !== "uploaded" && news.run <= before.run;
}

function restart(upload, text) {
  upload.streamed = text;
  upload.points = length(text);
}

/** Append what a frame adds; false when something before it is missing. */
function extend(upload, { delta, offset, streamed_text: whole }) {
  if (typeof whole === "string") {
    restart(upload, whole);
    return true;
  }
  if (typeof delta !== "string") return true;
  const missing = offset - upload.points;
  if (missing > 0) return false;
  const fresh = [...delta].slice(-missing);
  upload.streamed += fresh.join("");
  upload.points += fresh.length;
  return true;
}

function length(text) {
  return [...text].length;
}
