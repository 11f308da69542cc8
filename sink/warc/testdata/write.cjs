// Writes a WARC file with warcio, as others do: WARC/1.0, one response with an
// encoded body as it came from the wire, one without digests. Arguments: a folder
// with warcio in its node_modules, and the file.
const { createWriteStream } = require("fs");
const { createRequire } = require("module");
const { gzipSync } = require("zlib");

const [folder, file] = process.argv.slice(2);
const { WARCRecord, WARCSerializer } = createRequire(folder + "/")("warcio");

async function* parts(...all) {
  yield* all;
}

async function main() {
  const out = createWriteStream(file);
  const date = "2026-11-23T10:20:30Z";
  const text = Buffer.from("<!doctype html><p>Grüße aus dem Hafen</p>");
  const records = [
    WARCRecord.createWARCInfo({ filename: "x.warc.gz", date }, { software: "warcio" }),
    WARCRecord.create(
      { url: "https://news.example/zipped", date, type: "response", httpHeaders: { "Content-Type": "text/html", "Content-Encoding": "gzip" } },
      parts(gzipSync(text)),
    ),
    WARCRecord.create(
      { url: "https://news.example/plain", date, type: "response", warcVersion: "WARC/1.1", httpHeaders: { "content-type": "text/html", "content-encoding": "br" } },
      parts(text),
    ),
  ];
  for (const record of records) {
    for await (const chunk of new WARCSerializer(record, { gzip: true })) {
      out.write(chunk);
    }
  }
  out.end();
}

main();
