/** The picture of one page of the open upload; it follows the reading until someone turns it. */

const WIDTH_PX = 1000;
const find = (id) => document.getElementById(id);

export class PageView {
  #upload = null;
  #number = 1;
  #isTurned = false;

  constructor() {
    this.image = find("page-image");
    this.image.addEventListener("load", () => this.#missing(false));
    this.image.addEventListener("error", () => this.#missing(true));
    find("page-back").addEventListener("click", () => this.#turn(this.#number - 1));
    find("page-next").addEventListener("click", () => this.#turn(this.#number + 1));
  }

  show(upload) {
    if (this.#upload?.id !== upload.id) {
      this.#number = 1;
      this.#isTurned = false;
    }
    this.#upload = upload;
    if (!this.#isTurned && upload.status === "processing" && upload.page) this.#number = upload.page;
    this.#draw();
  }

  #turn(number) {
    this.#isTurned = true;
    this.#number = number;
    this.#draw();
  }

  #draw() {
    const count = Math.max(1, this.#upload.page_count ?? 1);
    const source = `${this.#upload.image_url.replace(/image\/$/, "")}pages/${this.#number}.png?width=${WIDTH_PX}`;
    if (this.image.getAttribute("src") !== source) this.image.src = source;
    this.image.alt = `Page ${this.#number} of ${this.#upload.filename || "the file"}`;
    find("pager").hidden = count < 2;
    find("page-number").textContent = `${this.#number} / ${count}`;
    find("page-back").disabled = this.#number <= 1;
    find("page-next").disabled = this.#number >= count;
  }

  #missing(isMissing) {
    this.image.hidden = isMissing;
    find("page-missing").hidden = !isMissing;
  }
}
