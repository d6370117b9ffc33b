/** Questions about the open upload's text, and their answers as they come. */

const find = (id) => document.getElementById(id);

export class QuestionPane {
  #upload = null;
  #partials = new Map(); // what there is of an answer, by upload and question
  #drafts = new Map(); // what is typed but not asked yet, by upload
  #shown = "";

  /** `ask(upload, question)` resolves to a sentence that says what is wrong; empty once it is asked. */
  constructor(ask) {
    this.ask = ask;
    this.field = find("question");
    this.isOffered = Boolean(this.field);
    if (!this.isOffered) return;
    find("question-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#ask(this.field.value);
    });
    this.field.addEventListener("input", () => this.#drafts.set(this.#upload.id, this.field.value));
  }

  show(upload) {
    if (!this.isOffered) return;
    if (upload.id !== this.#upload?.id) {
      this.field.value = this.#drafts.get(upload.id) ?? "";
      this.#complain("");
    }
    this.#upload = upload;
    const asked = pairs(upload.followup_qa ?? []);
    find("questions").hidden = upload.status !== "processed" && !asked.length;
    find("question-form").hidden = upload.status !== "processed";
    this.#write(asked);
  }

  /** Take a frame about a question: `answering`, `answered` or `error`. */
  hear(frame) {
    if (!this.isOffered) return;
    const key = `${frame.id} ${frame.question}`;
    if (frame.status === "answering") this.#partials.set(key, frame.streamed_answer);
    else this.#partials.delete(key);
    if (frame.id !== this.#upload?.id) return;
    if (frame.status === "answered") find("said").textContent = `Answered: ${frame.answer}`;
    this.show(this.#upload);
  }

  /** Write the list anew where it differs; whoever reads its end goes on reading its end. */
  #write(asked) {
    const partials = asked.map(({ question }) => this.#partials.get(`${this.#upload.id} ${question.content}`));
    const key = JSON.stringify([this.#upload.id, asked, partials]);
    if (key === this.#shown) return;
    const list = find("questions-list");
    const isAtEnd = list.scrollTop + list.clientHeight > list.scrollHeight - 40;
    const isOther = !this.#shown.startsWith(`["${this.#upload.id}"`);
    this.#shown = key;
    list.replaceChildren(...asked.map((pair, index) => this.#item(pair, partials[index])));
    if (isAtEnd || isOther) list.scrollTop = list.scrollHeight;
  }

  #item({ question, answer }, partial) {
    const item = document.createElement("li");
    item.append(paragraph(question.content, "asked"));
    if (answer) item.append(paragraph(answer.content, "answer"));
    else if (question.error) item.append(paragraph(question.error, "wrong"), this.#againButton(question.content));
    else item.append(paragraph(partial || "Looking for an answer…", partial ? "answer" : "muted"));
    return item;
  }

  #againButton(question) {
    const button = document.createElement("button");
    button.className = "small";
    button.textContent = "Ask again";
    button.addEventListener("click", () => this.#ask(question));
    return button;
  }

  async #ask(question) {
    if (!question.trim()) return this.field.focus();
    const upload = this.#upload;
    find("question-button").disabled = true;
    const wrong = await this.ask(upload, question.trim());
    find("question-button").disabled = false;
    if (!wrong && this.#drafts.get(upload.id) === question) this.#drafts.delete(upload.id);
    if (upload.id !== this.#upload.id) return;
    this.field.value = this.#drafts.get(upload.id) ?? "";
    this.#complain(wrong);
    this.field.focus();
  }

  #complain(message) {
    find("question-error").textContent = message;
    find("question-error").hidden = !message;
  }
}

/** The questions of a history with their answers, in the order they were asked. */
function pairs(history) {
  const answers = new Map(history.filter(({ role }) => role === "assistant").map((entry) => [entry.in_reply_to, entry]));
  return history.filter(({ role }) => role === "user").map((question) => ({ question, answer: answers.get(question.id) }));
}

function paragraph(text, className) {
  const element = document.createElement("p");
  element.className = className;
  element.textContent = text;
  return element;
}
