/** The list of uploads at the left: rows in the order of the API, newest first. */

import { busy, failure, label, progressWords } from "./words.js";

const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export class UploadList {
  #rows = new Map();

  constructor(place, template) {
    this.place = place;
    this.template = template;
  }

  get size() {
    return this.#rows.size;
  }

  /** The uploads that have a row, in order. */
  get shown() {
    return [...this.place.children].map((item) => this.#rows.get(item.dataset.upload).upload);
  }

  has(id) {
    return this.#rows.has(id);
  }

  clear() {
    this.#rows.clear();
    this.place.replaceChildren();
  }

  remove(id) {
    this.#rows.get(id)?.item.remove();
    this.#rows.delete(id);
  }

  /** Show an upload's present state, in a new row where it has none. */
  put(upload) {
    if (!this.has(upload.id)) this.#insert(upload);
    const row = this.#rows.get(upload.id);
    row.upload = upload;
    fill(row.item, upload);
  }

  /** Mark the row of the upload that is open, and no other. */
  mark(id) {
    for (const [key, { item }] of this.#rows) {
      item.querySelector(".row").setAttribute("aria-current", String(key === id));
    }
  }

  #insert(upload) {
    const item = this.template.content.firstElementChild.cloneNode(true);
    item.dataset.upload = upload.id;
    item.querySelector(".row").href = `#${upload.id}`;
    const older = this.shown.find((other) => isNewer(upload, other));
    this.place.insertBefore(item, older ? this.#rows.get(older.id).item : null);
    this.#rows.set(upload.id, { item, upload });
  }
}

function isNewer(one, other) {
  const later = Date.parse(one.created_at) - Date.parse(other.created_at);
  return later > 0 || (later === 0 && one.id > other.id);
}

function fill(item, upload) {
  const slot = (name) => item.querySelector(`[data-slot="${name}"]`);
  const [word, tone] = label(upload);
  item.dataset.status = upload.status;
  slot("name").textContent = upload.filename || "Without a name";
  slot("name").title = upload.filename;
  slot("status").textContent = word;
  slot("status").dataset.tone = tone;
  slot("facts").textContent = progressWords(upload) || failure(upload)
    || WHEN.format(new Date(upload.created_at));
  slot("progress").hidden = !busy(upload);
  slot("progress").value = upload.progress ?? 0;
  slot("progress").setAttribute("aria-label", `Progress of ${upload.filename}`);
}
