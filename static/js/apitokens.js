/** The API tokens of the account: listed, made (their key is shown once), removed. */

import { call } from "./api.js";
import { ask } from "./ask.js";
import { offerCopies } from "./copyonce.js";

const TOKENS = "/api/v1/users/tokens/";
const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const find = (id) => document.getElementById(id);

export class TokenList {
  #next = TOKENS;
  #shownId = null; // of the token whose key is on the page

  constructor() {
    this.place = find("tokens");
    find("more-tokens").addEventListener("click", () => this.load());
  }

  /** Read one page of tokens, the newest first. */
  async load() {
    await this.#attempt(async () => {
      const { results, next } = await call("GET", this.#next);
      this.place.append(...results.map((token) => this.#row(token)));
      this.#next = next && pathOf(next);
      find("more-tokens").hidden = !next;
    });
  }

  /** Show a new token and, this once, its key. */
  made(token) {
    const box = copyOf("made-template");
    const key = slot(box, "key");
    slot(box, "name").textContent = nameOf(token);
    key.value = token.key;
    offerCopies(box);
    find("made").replaceChildren(box);
    this.#shownId = token.id;
    this.place.prepend(this.#row(token));
    this.#none();
    key.focus();
  }

  #row(token) {
    const row = copyOf("token-template");
    slot(row, "name").textContent = nameOf(token);
    slot(row, "prefix").textContent = `${token.prefix}…`;
    slot(row, "off").hidden = token.is_active;
    slot(row, "facts").textContent = facts(token);
    slot(row, "remove").setAttribute("aria-label", `Remove ${nameOf(token)}`);
    slot(row, "remove").addEventListener("click", () => this.#remove(token, row));
    return row;
  }

  async #remove(token, row) {
    find("remove-name").textContent = nameOf(token);
    if (!await ask(find("remove-dialog"))) return;
    await this.#attempt(async () => {
      await call("DELETE", `${TOKENS}${token.id}/`);
      row.remove();
      if (token.id === this.#shownId) find("made").replaceChildren();
    });
  }

  /** Do something on the server, and say in words when it was refused. */
  async #attempt(action) {
    const place = find("tokens-error");
    place.hidden = true;
    try {
      await action();
    } catch (error) {
      place.textContent = error.message;
      place.hidden = false;
    }
    this.#none();
  }

  #none() {
    find("tokens-none").hidden = this.place.children.length > 0 || !find("tokens-error").hidden;
  }
}

function facts({ created_at: made, last_used_at: used }) {
  const last = used ? `last used ${WHEN.format(new Date(used))}` : "not used yet";
  return `Made ${WHEN.format(new Date(made))}, ${last}`;
}

/** The address without scheme and host, which a proxy may have changed. */
function pathOf(address) {
  const { pathname, search } = new URL(address);
  return pathname + search;
}

function nameOf({ name }) {
  return name || "Without a name";
}

function copyOf(id) {
  return find(id).content.firstElementChild.cloneNode(true);
}

function slot(element, name) {
  return element.querySelector(`[data-slot="${name}"]`);
}
