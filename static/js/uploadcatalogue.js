/** Which uploads are listed: search, status, pages, and reading again after a cut. */

import { call, isGone } from "./api.js";
import { UploadList } from "./uploadlist.js";
import { busy } from "./words.js";

const ADDRESS = "/api/v1/core/uploads/";
const PAGE_SIZE = 25;
const TYPING_MS = 250;
const find = (id) => document.getElementById(id);

export class UploadCatalogue {
  #asked = 0;
  openId = "";
  #reading = new Set();

  /** `gone(id)` is called for an upload that is not there any more. */
  constructor(store, gone) {
    this.store = store;
    this.gone = gone;
    this.list = new UploadList(find("list"), find("row-template"));
    let timer;
    find("search").addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.load(), TYPING_MS);
    });
    find("status").addEventListener("change", () => this.load());
    find("filter").addEventListener("submit", (event) => event.preventDefault());
    find("more").addEventListener("click", () => this.#more());
  }

  /** Ask for the first page of what the filter says, and show only that. */
  async load() {
    const asked = ++this.#asked;
    try {
      const page = await this.#page(1);
      if (asked !== this.#asked) return;
      this.list.clear();
      this.#show(page);
    } catch (error) {
      this.#complain(error);
    }
  }

  /** Read the state anew: the first page, and every row that may have changed unseen. */
  async readAgain() {
    const asked = this.#asked;
    const page = await this.#page(1);
    if (asked !== this.#asked) return;
    const doubtful = this.#doubtful(page.results);
    this.#show(page);
    await Promise.all(doubtful.map((id) => this.readOne(id)));
  }

  /** Read one upload; gone when it is not there any more. */
  async readOne(id) {
    if (this.#reading.has(id)) return;
    this.#reading.add(id);
    try {
      this.store.putInstance(await call("GET", `${ADDRESS}${encodeURIComponent(id)}/`));
    } catch (error) {
      if (isGone(error)) this.gone(id);
    } finally {
      this.#reading.delete(id);
    }
  }

  /** Show a change in its row; a new upload gets one if the filter lets it in. */
  put(upload) {
    const { search, status } = this.#filter;
    const fits = !search && (!status || status.split(",").includes(upload.status));
    if (!this.list.has(upload.id) && !fits) return;
    this.list.put(upload);
    this.#nothing();
  }

  remove(id) {
    this.list.remove(id);
    this.#nothing();
  }

  /** Note which upload is open; "" is none. */
  mark(id) {
    this.openId = id;
    this.list.mark(id);
  }

  get #filter() {
    return { search: find("search").value.trim(), status: find("status").value };
  }

  #page(number) {
    const { search, status } = this.#filter;
    const query = new URLSearchParams({ text_or_name: search, status, page: number, page_size: PAGE_SIZE });
    return call("GET", `${ADDRESS}?${query}`);
  }

  #show({ results, count }) {
    for (const upload of results) {
      const kept = this.store.putInstance(upload);
      if (kept) this.list.put(kept);
    }
    this.list.mark(this.openId);
    find("more").hidden = this.list.size >= count;
    find("list-error").hidden = true;
    this.#nothing();
  }

  async #more() {
    const asked = this.#asked;
    try {
      const page = await this.#page(Math.floor(this.list.size / PAGE_SIZE) + 1);
      if (asked === this.#asked) this.#show(page);
    } catch (error) {
      this.#complain(error);
    }
  }

  /** Rows that the first page should hold and does not, unfinished ones, and the open one. */
  #doubtful(results) {
    const listed = new Set(results.map(({ id }) => id));
    const oldest = Math.min(...results.map(({ created_at: at }) => Date.parse(at)));
    const shown = this.list.shown.filter(
      (upload) => busy(upload) || !results.length || Date.parse(upload.created_at) > oldest,
    );
    const ids = new Set(shown.map(({ id }) => id));
    if (this.openId) ids.add(this.openId);
    return [...ids].filter((id) => !listed.has(id));
  }

  #complain(error) {
    find("list-error").textContent = error.message;
    find("list-error").hidden = false;
  }

  #nothing() {
    const { search, status } = this.#filter;
    find("list-empty").hidden = this.list.size > 0;
    find("list-empty").textContent = search || status
      ? "No file fits the search." : "No files yet. Drop a scan above to begin.";
  }
}
