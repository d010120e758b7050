// Arguments as people write them in Python, and as JSON holds them: `(3, 3)`, `same`, `None`, `L2(l2=0.01)`.

const TOKEN = /\s*(?:([()[\]{},=:])|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|([-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|([A-Za-z_][\w.]*))/y;
const CONSTANTS = new Map([["None", null], ["null", null], ["True", true], ["true", true], ["False", false], ["false", false]]);

export class ValueError extends Error {}

// A bare word is a string, or the name of an open value where only a number can stand.
export function parseValue(text, { wordsAreSymbols = false } = {}) {
  const reader = new Reader(text, wordsAreSymbols);
  const values = [reader.value()];
  while (reader.take(",")) {
    if (reader.isAtEnd) return values;
    values.push(reader.value());
  }
  if (!reader.isAtEnd) throw new ValueError(`“${text.trim()}” is not a value such as 3, (3, 3), same or None.`);
  return values.length > 1 ? values : values[0];
}

export function formatValue(value) {
  if (value === null || value === undefined) return "None";
  if (value === true || value === false) return value ? "True" : "False";
  if (Array.isArray(value)) return `(${value.map(inner).join(", ")}${value.length === 1 ? "," : ""})`;
  if (typeof value !== "object") return String(value);
  return inner(value);
}

function inner(value) {
  if (typeof value === "string") return `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  if (value === null || typeof value !== "object" || Array.isArray(value)) return formatValue(value);
  const keys = Object.keys(value).sort().join();
  if (keys === "symbol") return value.symbol;
  if (keys === "code") return value.code;
  if (keys === "config,kind") {
    return `${value.kind}(${Object.entries(value.config).map(([name, entry]) => `${name}=${inner(entry)}`).join(", ")})`;
  }
  return `{${Object.entries(value).map(([name, entry]) => `"${name}": ${inner(entry)}`).join(", ")}}`;
}

class Reader {
  constructor(text, wordsAreSymbols) {
    this.text = text;
    this.wordsAreSymbols = wordsAreSymbols;
    this.tokens = [];
    TOKEN.lastIndex = 0;
    for (let at = 0; text.slice(at).trim(); at = TOKEN.lastIndex) {
      const found = TOKEN.exec(text);
      if (!found) throw new ValueError(`“${text.slice(at).trim().slice(0, 40)}” cannot stand in a value.`);
      const [, sign, string, number, word] = found;
      this.tokens.push({ sign, string, number, word });
    }
    this.place = 0;
  }

  get isAtEnd() {
    return this.place === this.tokens.length;
  }

  take(sign) {
    if (this.tokens[this.place]?.sign !== sign) return false;
    this.place += 1;
    return true;
  }

  value() {
    const token = this.tokens[this.place];
    if (!token) throw new ValueError("A value is missing.");
    this.place += 1;
    if (token.sign === "(") return this.list(")");
    if (token.sign === "[") return this.list("]");
    if (token.sign === "{") return this.dictionary();
    if (token.string !== undefined) return unquoted(token.string);
    if (token.number !== undefined) return Number(token.number.replaceAll("_", ""));
    if (token.word !== undefined) return this.word(token.word);
    throw new ValueError(`“${token.sign}” cannot stand here.`);
  }

  word(word) {
    if (CONSTANTS.has(word)) return CONSTANTS.get(word);
    if (!this.take("(")) return this.wordsAreSymbols ? { symbol: word } : word;
    const config = {};
    while (!this.take(")")) {
      const name = this.tokens[this.place]?.word;
      this.place += 1;
      if (!name || !this.take("=")) throw new ValueError(`${word}(…) takes arguments by name, as in L2(l2=0.01).`);
      config[name] = this.value();
      this.separate(")");
    }
    return { kind: word.split(".").at(-1), config };
  }

  list(end) {
    const values = [];
    let isList = end === "]";
    while (!this.take(end)) {
      values.push(this.value());
      isList ||= this.tokens[this.place]?.sign === ",";
      this.separate(end);
    }
    // (3) is 3, (3,) is a list, as in Python.
    return isList || values.length !== 1 ? values : values[0];
  }

  dictionary() {
    const entries = {};
    while (!this.take("}")) {
      const name = this.value();
      if (!this.take(":")) throw new ValueError("A dictionary reads {name: value}.");
      entries[name] = this.value();
      this.separate("}");
    }
    return entries;
  }

  separate(end) {
    if (!this.take(",") && this.tokens[this.place]?.sign !== end) throw new ValueError(`A “${end}” is missing.`);
  }
}

function unquoted(text) {
  return text.slice(1, -1).replace(/\\(.)/g, "$1");
}
