// Reads a WARC file with warcio and prints a line of JSON for each record: what
// it says, and whether its digests are right. Arguments: a folder with warcio
// in its node_modules, and the file.
const { createHash } = require("crypto");
const { createReadStream } = require("fs");
const { createRequire } = require("module");

const [folder, file] = process.argv.slice(2);
const { WARCParser } = createRequire(folder + "/")("warcio");

function sha1(data) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...createHash("sha1").update(data).digest()].map((b) => b.toString(2).padStart(8, "0")).join("");
  return "sha1:" + bits.match(/.{5}/g).map((five) => alphabet[parseInt(five, 2)]).join("");
}

async function read(parseHttp, see) {
  for await (const record of new WARCParser(createReadStream(file), { parseHttp })) {
    see(record, await record.readFully(false));
  }
}

async function main() {
  const lines = [];
  await read(false, (record, block) => {
    const length = record.warcContentLength === block.length;
    lines.push({ type: record.warcType, url: record.warcTargetURI ?? "", block: length && record.warcBlockDigest === sha1(block) });
  });
  let n = 0;
  await read(true, (record, payload) => {
    const line = lines[n++];
    line.payload = record.warcPayloadDigest === sha1(payload);
    line.status = record.httpHeaders?.statusCode ?? 0;
    line.length = payload.length;
  });
  lines.forEach((line) => console.log(JSON.stringify(line)));
}

main();
