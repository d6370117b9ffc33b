/** The text of the open upload: it grows while it is read, and can be corrected afterwards. */

import { busy, isCancelled } from "./words.js";

const PAGE_MARKS = /(?:^|\n\n)---(?=\n\n|$)/g; // between pages; the same within a text is escaped
const find = (id) => document.getElementById(id);

export class TextPane {
  #upload = null;
  #drafts = new Map(); // corrections that are not saved yet, by upload and text

  /** `save(upload, field, value)` resolves once the server has the text. */
  constructor(save) {
    this.save = save;
    this.area = find("text");
    this.area.addEventListener("input", () => this.#typed());
    find("save").addEventListener("click", () => this.#save());
    find("discard").addEventListener("click", () => this.#discard());
    for (const choice of document.getElementsByName("which")) {
      choice.addEventListener("change", () => this.show(this.#upload));
    }
    addEventListener("beforeunload", (event) => {
      if (this.#drafts.size) event.preventDefault();
    });
  }

  show(upload) {
    this.#upload = upload;
    const isBusy = busy(upload);
    for (const choice of document.getElementsByName("which")) choice.disabled = isBusy;
    this.area.readOnly = isBusy || upload.raw_text == null;
    this.area.placeholder = placeholder(upload);
    const isFollowed = isBusy || isPartial(upload);
    this.#write(isFollowed ? reading(upload) : this.#drafts.get(this.#key) ?? this.#saved);
    this.#buttons();
  }

  /** Bring the beginning of a page to the top. Plain text does not tell where pages begin. */
  scrollToPage(number) {
    const mark = [...this.area.value.matchAll(PAGE_MARKS)][number - 2];
    if (mark) this.area.scrollTop = this.#heightOf(this.area.value.slice(0, mark.index + mark[0].length));
    else if (number === 1) this.area.scrollTop = 0;
  }

  /** How tall a text is in the area, in pixels: its lines are wrapped alike in a copy. */
  #heightOf(text) {
    const copy = this.area.cloneNode();
    copy.removeAttribute("id");
    copy.className = "measure";
    copy.style.width = `${this.area.clientWidth}px`;
    copy.value = text;
    this.area.after(copy);
    const height = copy.scrollHeight;
    copy.remove();
    return height;
  }

  forget({ id }) {
    for (const field of ["raw_text", "processed_text"]) this.#drafts.delete(`${id} ${field}`);
  }

  get #field() {
    return document.querySelector("[name=which]:checked").value;
  }

  get #key() {
    return `${this.#upload.id} ${this.#field}`;
  }

  get #saved() {
    return this.#upload[this.#field] ?? "";
  }

  /** Set the text without moving a reader's place; one at the end stays at the end. */
  #write(value) {
    if (this.area.value === value) return;
    const { scrollTop, scrollHeight, clientHeight } = this.area;
    const isAtEnd = scrollTop > 0 && scrollTop + clientHeight > scrollHeight - 40;
    this.area.value = value;
    this.area.scrollTop = isAtEnd ? this.area.scrollHeight : scrollTop;
  }

  #typed() {
    if (this.area.value === this.#saved) this.#drafts.delete(this.#key);
    else this.#drafts.set(this.#key, this.area.value);
    this.#buttons();
  }

  #discard() {
    this.#drafts.delete(this.#key);
    this.show(this.#upload);
    this.area.focus();
  }

  async #save() {
    const [upload, key, value] = [this.#upload, this.#key, this.area.value];
    find("save").disabled = true;
    if (await this.save(upload, this.#field, value)) {
      if (this.#drafts.get(key) === value) this.#drafts.delete(key);
      if (this.#upload.id === upload.id) this.show(this.#upload);
    }
    find("save").disabled = false;
  }

  #buttons() {
    const isDirty = !this.area.readOnly && this.#drafts.has(this.#key);
    find("save").hidden = find("discard").hidden = !isDirty;
    find("text-note").textContent = isDirty ? "Not saved yet" : note(this.#upload);
  }
}

/** Whether all there is to see is what a cancelled reading had read. */
function isPartial(upload) {
  return isCancelled(upload) && upload.raw_text == null && Boolean(upload.streamed);
}

function reading(upload) {
  return upload.status === "processing" || upload.raw_text == null ? upload.streamed : upload.raw_text;
}

function placeholder(upload) {
  if (busy(upload)) return "The text appears here while the page is being read.";
  return upload.raw_text == null ? "There is no text yet." : "No text was found on this page.";
}

function note(upload) {
  if (busy(upload)) return "You can correct the text once it is complete.";
  if (isPartial(upload)) return "Read until it was cancelled. This is not saved.";
  return upload.raw_text == null ? "" : "You can correct the text here.";
}
