/**
 * Markdown as it is in summaries, made of elements and text: whatever else stands in it,
 * HTML, links or images, is shown as the text it is.
 */

const HEADING = /^#{1,6}\s+(.*)$/;
const BULLET = /^\s*[-*+]\s+(.*)$/;
const STRONG = /\*\*(.+?)\*\*/;
const ESCAPED = /\\([\\`*_{}[\]()#+\-.!<>|~])/g;

/** Return the nodes of a text: headings, lists, paragraphs, what is strong. */
export function markdown(text) {
  const nodes = [];
  let list = null;
  for (const line of text.split("\n")) {
    const bullet = BULLET.exec(line);
    if (bullet) {
      if (!list) nodes.push(list = document.createElement("ul"));
      list.append(filled("li", bullet[1]));
      continue;
    }
    list = null;
    const heading = HEADING.exec(line);
    if (heading) nodes.push(filled("h4", heading[1]));
    else if (line.trim()) nodes.push(filled("p", line));
  }
  return nodes;
}

function filled(tag, text) {
  const element = document.createElement(tag);
  text.split(STRONG).forEach((part, index) => {
    const plain = part.replace(ESCAPED, "$1");
    if (index % 2 === 0) return element.append(plain);
    const strong = document.createElement("strong");
    strong.textContent = plain;
    element.append(strong);
  });
  return element;
}
