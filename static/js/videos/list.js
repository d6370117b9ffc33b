/** The list of videos: cards in the order of the API, newest first. */

import { call } from "../api.js";
import { encoding, facts, failure, length, playsAlready, stateWords } from "./words.js";

const PAGE_SIZE = 24;
const TYPING_MS = 250;
const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const find = (id) => document.getElementById(id);

export class VideoList {
  #asked = 0;
  #cards = new Map();
  #hasMore = false;

  constructor(store) {
    this.store = store;
    this.place = find("list");
    let timer;
    find("search").addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.load(), TYPING_MS);
    });
    find("state").addEventListener("change", () => this.load());
    find("filter").addEventListener("submit", (event) => event.preventDefault());
    find("more").addEventListener("click", () => this.#attempt(() => this.#page(this.#cards.size)));
  }

  /** Ask for the first page of what the filter says, and show only that. */
  load() {
    return this.#attempt(async (asked) => {
      const page = await this.#ask(0);
      if (asked !== this.#asked) return;
      this.#cards.clear();
      this.place.replaceChildren();
      this.#show(page);
    }, ++this.#asked);
  }

  /** Read the state anew: the first page, and every card that may have changed unseen. */
  async readAgain() {
    const asked = this.#asked;
    const page = await this.#ask(0);
    if (asked !== this.#asked) return;
    const listed = new Set(page.data.map(({ uuid }) => uuid));
    const doubtful = [...this.#cards.keys()].filter((uuid) => !listed.has(uuid));
    this.#show(page);
    await Promise.all(doubtful.slice(0, PAGE_SIZE).map((uuid) => this.store.missed(uuid)));
  }

  /** Show a video's present state; a new one gets a card if the filter lets it in. */
  put(video) {
    const known = this.#cards.get(video.uuid);
    if (!known && (this.#isFiltered || (this.#hasMore && this.#isOlderThanAll(video)))) return;
    const card = known ?? this.#insert(video);
    card.video = video;
    fill(card.item, video);
    this.#nothing();
  }

  remove(uuid) {
    this.#cards.get(uuid)?.item.remove();
    this.#cards.delete(uuid);
    this.#nothing();
  }

  get #isFiltered() {
    return Boolean(find("search").value.trim() || find("state").value);
  }

  #ask(start) {
    const query = new URLSearchParams({ start, count: PAGE_SIZE, search: find("search").value.trim() });
    for (const state of find("state").value.split(" ").filter(Boolean)) query.append("state", state);
    return call("GET", `/api/v1/video?${query}`);
  }

  async #page(start) {
    this.#show(await this.#ask(start));
  }

  #show({ data, total }) {
    for (const video of data) {
      this.store.putAnswer(video);
      const kept = this.store.get(video.uuid);
      if (!kept) continue; // it has gone while the answer came
      if (!this.#cards.has(video.uuid)) this.#insert(kept);
      this.put(kept);
    }
    this.#hasMore = this.#cards.size < total;
    find("more").hidden = !this.#hasMore;
    find("list-error").hidden = true;
    this.#nothing();
  }

  async #attempt(action, asked) {
    try {
      await action(asked);
    } catch (error) {
      find("list-error").textContent = error.message;
      find("list-error").hidden = false;
    }
  }

  #insert(video) {
    const item = find("video-template").content.firstElementChild.cloneNode(true);
    item.dataset.video = video.uuid;
    item.querySelector(".video-link").href = `/videos/${video.uuid}/`;
    const older = [...this.#cards.values()].find((card) => card.item.isConnected && isNewer(video, card.video));
    this.place.insertBefore(item, older ? this.#first(video) : null);
    const card = { item, video };
    this.#cards.set(video.uuid, card);
    return card;
  }

  /** The first card in order that is older than a video. */
  #first(video) {
    return [...this.place.children].find((item) => isNewer(video, this.#cards.get(item.dataset.video).video));
  }

  #isOlderThanAll(video) {
    return [...this.#cards.values()].every((card) => isNewer(card.video, video));
  }

  #nothing() {
    find("list-empty").hidden = this.#cards.size > 0 || !find("list-error").hidden;
    find("list-empty").textContent = this.#isFiltered
      ? "No video fits the search." : "No videos yet. Drop one above to begin.";
  }
}

function isNewer(one, other) {
  const later = Date.parse(one.createdAt) - Date.parse(other.createdAt);
  if (later) return later > 0;
  // A date here has milliseconds, the text has microseconds.
  return [one.createdAt, one.uuid].join() > [other.createdAt, other.uuid].join();
}

function fill(item, video) {
  const slot = (name) => item.querySelector(`[data-slot="${name}"]`);
  const [words, tone] = stateWords(video);
  item.dataset.state = video.state.id;
  slot("name").textContent = video.name;
  slot("name").title = video.name;
  slot("state").textContent = words;
  slot("state").dataset.tone = tone;
  slot("plays").hidden = !playsAlready(video);
  slot("facts").textContent = failure(video) || facts(video) || WHEN.format(new Date(video.createdAt));
  slot("length").textContent = video.duration ? length(video.duration) : "";
  slot("progress").hidden = !encoding(video);
  slot("progress").value = video.progress ?? 0;
  slot("progress").setAttribute("aria-label", `Progress of ${video.name}`);
  picture(slot("picture"), video.thumbnailUrl);
}

/** Show a thumbnail; the address of one and the same changes with its token. */
function picture(image, url) {
  image.hidden = !url;
  const name = url?.split("/").pop() ?? "";
  if (!url || image.dataset.name === name) return;
  image.dataset.name = name;
  image.src = url;
}
