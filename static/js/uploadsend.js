/** Sending files: several at once, each with its own bar, two at a time. */

import { csrfToken, parse, refused } from "./api.js";

const ADDRESS = "/api/v1/core/uploads/";
const AT_ONCE = 2;

export class Sender {
  #waiting = [];
  #active = 0;

  /** `arrived(upload)` is called with every upload that the server took or has already. */
  constructor(place, template, arrived) {
    Object.assign(this, { place, template, arrived });
  }

  /** Queue files; `options` are those of the recognition. */
  add(files, options) {
    for (const file of files) {
      const item = this.template.content.firstElementChild.cloneNode(true);
      this.place.append(item);
      this.#waiting.push(new Sending(file, options, item));
    }
    this.#next();
  }

  #next() {
    while (this.#active < AT_ONCE && this.#waiting.length) {
      const sending = this.#waiting.shift();
      if (sending.isStopped) continue;
      this.#active += 1;
      sending.run(this.arrived).finally(() => {
        this.#active -= 1;
        this.#next();
      });
    }
  }
}

class Sending {
  #request = new XMLHttpRequest();

  constructor(file, options, item) {
    Object.assign(this, { file, options, item, isStopped: false });
    this.#slot("name").textContent = file.name;
    this.#slot("progress").setAttribute("aria-label", `Sent of ${file.name}`);
    this.#slot("words").textContent = "Waiting to be sent";
    this.#slot("stop").addEventListener("click", () => this.#stop());
  }

  /** Send the file and show how it went; never throws. */
  async run(arrived) {
    try {
      const { status, upload } = await this.#send();
      arrived(upload);
      if (status === 201) this.item.remove();
      else this.#known(upload);
    } catch (error) {
      this.#failed(error.message);
    }
  }

  #send() {
    const request = this.#request;
    request.open("POST", ADDRESS);
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => this.#progress(event));
    return new Promise((resolve, reject) => {
      request.onload = () => {
        const body = parse(request.responseText);
        if (request.status === 200 || request.status === 201) resolve({ status: request.status, upload: body });
        else reject(refused(request.status, body, request.getResponseHeader("Retry-After")));
      };
      request.onerror = request.onabort = () => reject(refused(0));
      request.send(formData(this.file, this.options));
    });
  }

  #progress({ loaded, total }) {
    this.#slot("progress").value = total ? loaded / total : 0;
    this.#slot("words").textContent = loaded < total
      ? `Sending, ${Math.floor((100 * loaded) / total)} %` : "Sent; the server looks at it";
  }

  /** The server has these very bytes: nothing was stored and nothing is read again. */
  #known(upload) {
    const differs = upload.status === "processed"
      && ["ocr_mode", "output_format"].some((name) => upload[name] !== this.options[name]);
    this.#ended("You have this file already, so it was not stored again."
      + (differs ? " Its text was read with other options; “Read again” uses these." : ""));
    const link = this.#slot("show");
    link.href = `#${upload.id}`;
    link.hidden = false;
    link.addEventListener("click", () => this.item.remove());
  }

  #failed(message) {
    if (this.isStopped) return;
    this.#ended(message);
    this.#slot("words").dataset.tone = "bad";
  }

  #ended(words) {
    this.#slot("words").textContent = words;
    this.#slot("progress").hidden = true;
    this.#slot("stop").textContent = "Dismiss";
  }

  #stop() {
    this.isStopped = true;
    this.#request.abort();
    this.item.remove();
  }

  #slot(name) {
    return this.item.querySelector(`[data-slot="${name}"]`);
  }
}

function formData(file, options) {
  const data = new FormData();
  for (const [name, value] of Object.entries(options)) {
    if (value !== null) data.append(name, String(value));
  }
  data.append("image_file", file, file.name);
  return data;
}
