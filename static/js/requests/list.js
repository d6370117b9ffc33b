/** The list of requests, newest first, page by page. */

import { RequestCard } from "./card.js";

const find = (id) => document.getElementById(id);

export class RequestList {
  #cards = new Map();

  /** `act(name, request, card)` is called when a button of a card is pressed. */
  constructor(act) {
    this.act = act;
    this.place = find("list");
  }

  get size() {
    return this.#cards.size;
  }

  card(rid) {
    return this.#cards.get(rid);
  }

  /** Show a request's present state. */
  put(request, stages, areNew) {
    let card = this.#cards.get(request.rid);
    const isNew = !card;
    if (isNew) this.#cards.set(request.rid, card = new RequestCard(this.act));
    card.show(request, stages, areNew);
    if (isNew) this.#insert(card);
    this.nothing(false);
  }

  remove(rid) {
    this.#cards.get(rid)?.item.remove();
    this.#cards.delete(rid);
    this.nothing(!this.#cards.size);
  }

  /** Say that there is nothing yet. */
  nothing(isEmpty) {
    find("list-empty").hidden = !isEmpty;
  }

  /** Show a card to whoever has come for it. */
  lead(rid) {
    const card = this.#cards.get(rid);
    if (!card) return;
    for (const meant of this.place.querySelectorAll(".is-meant")) meant.classList.remove("is-meant");
    card.item.classList.add("is-meant");
    card.open();
    card.item.scrollIntoView({ block: "nearest" });
  }

  #insert(card) {
    const older = [...this.place.children].find((item) => this.#cards.get(item.id).createdAt < card.createdAt);
    this.place.insertBefore(card.item, older ?? null);
  }
}
