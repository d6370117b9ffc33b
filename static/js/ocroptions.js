/** The options of the recognition, in a form that holds `core/_ocr_options.html`. */

import { languageName } from "./words.js";

/** Offer the languages that the server has. */
export function offerLanguages(codes) {
  for (const select of document.querySelectorAll("[data-languages]")) {
    select.append(...codes.map((code) => new Option(languageName(code), code)));
  }
}

/** Read the options: a language that was chosen is not searched for. */
export function readOptions(form) {
  const { language, ocr_mode: mode, output_format: format } = form.elements;
  return {
    auto_language_detection: !language.value,
    language_hint: language.value || null,
    ocr_mode: mode.value,
    output_format: format.value,
  };
}

/** Show an upload's own options. */
export function writeOptions(form, upload) {
  const { language, ocr_mode: mode, output_format: format } = form.elements;
  const hint = upload.auto_language_detection ? "" : upload.language_hint ?? "";
  if (![...language.options].some(({ value }) => value === hint)) {
    language.add(new Option(languageName(hint), hint));
  }
  language.value = hint;
  mode.value = upload.ocr_mode;
  format.value = upload.output_format;
}
