/** The open upload: its page, its text, and what can be done with it. */

import { PageView } from "./pageview.js";
import { QuestionPane } from "./questions.js";
import { TextPane } from "./textpane.js";
import { busy, facts, failure, isCancelled, label, progressWords } from "./words.js";

const find = (id) => document.getElementById(id);

export class UploadSheet {
  #page = new PageView((number) => this.text.scrollToPage(number));
  upload = null;

  /** `act` holds cancel, again, save, remove and ask; each gets the upload. */
  constructor(act) {
    this.act = act;
    this.text = new TextPane((upload, field, value) => act.save(upload, field, value));
    this.questions = new QuestionPane((upload, question) => act.ask(upload, question));
    find("cancel").addEventListener("click", () => act.cancel(this.upload));
    find("again").addEventListener("click", () => act.again(this.upload));
    find("delete").addEventListener("click", () => act.remove(this.upload));
  }

  /** Show an upload; with null, show that none is open. */
  show(upload) {
    this.upload = upload;
    document.body.classList.toggle("is-open", Boolean(upload));
    find("sheet").hidden = !upload;
    find("no-sheet").hidden = Boolean(upload);
    if (!upload) return;
    this.#head(upload);
    this.#links(upload);
    this.#page.show(upload);
    this.text.show(upload);
    this.questions.show(upload);
  }

  /** Say what went wrong with an action. */
  complain(message) {
    find("sheet-error").textContent = message;
    find("sheet-error").hidden = !message;
  }

  #head(upload) {
    const [word, tone] = label(upload);
    find("sheet-name").textContent = upload.filename || "Without a name";
    find("sheet-name").title = upload.filename;
    find("sheet-status").textContent = word;
    find("sheet-status").dataset.tone = tone;
    find("sheet-facts").textContent = progressWords(upload) || facts(upload);
    find("sheet-note").textContent = isCancelled(upload) ? failure(upload) : "";
    find("sheet-progress").hidden = !busy(upload);
    find("sheet-progress").value = upload.progress ?? 0;
    find("cancel").hidden = !busy(upload);
    find("again").hidden = busy(upload);
    find("again").textContent = upload.status === "processed" ? "Read again…" : "Read it…";
    this.complain(isCancelled(upload) ? "" : failure(upload));
  }

  #links(upload) {
    find("downloads").hidden = busy(upload);
    for (const link of find("downloads").querySelectorAll("[data-format]")) {
      link.href = `${address(upload)}text/?format=${link.dataset.format}`;
      link.hidden = upload.raw_text == null;
    }
    find("original").href = upload.image_url;
  }
}

/** The API's address of an upload. */
export function address({ id }) {
  return `/api/v1/core/uploads/${id}/`;
}
