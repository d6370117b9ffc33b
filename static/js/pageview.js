/** The picture of one page of the open upload; it follows the reading until someone turns it. */

const WIDTH_PX = 1000;
const find = (id) => document.getElementById(id);

export class PageView {
  #upload = null;
  #number = 1;
  #isTurned = false;

  /** `turned(number)` is called when somebody turns to another page. */
  constructor(turned) {
    this.turned = turned;
    this.image = find("page-image");
    find("zoom").addEventListener("click", (event) => this.#zoom(event));
    this.image.addEventListener("load", () => this.#missing(false));
    this.image.addEventListener("error", () => this.#missing(true));
    find("page-back").addEventListener("click", () => this.#turn(this.#number - 1));
    find("page-next").addEventListener("click", () => this.#turn(this.#number + 1));
  }

  show(upload) {
    if (this.#upload?.id !== upload.id) {
      this.#number = 1;
      this.#isTurned = false;
      find("zoom").setAttribute("aria-pressed", "false");
    }
    this.#upload = upload;
    if (!this.#isTurned && upload.status === "processing" && upload.page) this.#number = upload.page;
    this.#draw();
  }

  #turn(number) {
    this.#isTurned = true;
    this.#number = number;
    this.#draw();
    find("page-frame").scrollTo(0, 0);
    this.turned(number);
  }

  /** Show the picture pixel by pixel, the place under the pointer in the middle; or as it fits. */
  #zoom({ clientX, clientY, detail }) {
    const isClicked = detail > 0; // and not pressed on the keyboard
    const frame = find("page-frame");
    const box = this.image.getBoundingClientRect();
    const [x, y] = isClicked
      ? [(clientX - box.left) / box.width, (clientY - box.top) / box.height] : [0, 0];
    const isLarge = find("zoom").getAttribute("aria-pressed") !== "true";
    find("zoom").setAttribute("aria-pressed", String(isLarge));
    frame.scrollTo(
      x * this.image.offsetWidth - frame.clientWidth / 2,
      y * this.image.offsetHeight - frame.clientHeight / 2,
    );
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
    find("zoom").hidden = isMissing;
    find("page-missing").hidden = !isMissing;
  }
}
