// A name that every file system takes, made from what a person called something.

export function fileName(text) {
  const plain = text.normalize("NFKC").replace(/[^\p{L}\p{N}._-]+/gu, "-");
  return plain.replace(/^[-.]+|[-.]+$/g, "").slice(0, 80) || "figure";
}
