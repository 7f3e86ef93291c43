// Goldens of ingest/address and of the srcsets of ingest/page, by whatwg-url (the reference
// implementation of the URL Standard) and srcset. Made with
//
//     cd build && npm install --no-save whatwg-url@16.0.1 srcset@5.0.3
//     NODE_PATH=build/node_modules node parity/ingest_addresses.mjs URLTESTDATA.json
//
// where URLTESTDATA.json is url/resources/urltestdata.json of web-platform-tests (3-Clause BSD); the Go
// module github.com/nlnwa/whatwg-url has it in its folder testdata.
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { readFileSync, writeFileSync } from "node:fs";

const require = createRequire(process.env.NODE_PATH + "/x.js");
const { URL } = require("whatwg-url");

const own = [
  "sale-50%.png", "a%2.png", "%zz%20.png", " pictures/\nbroken\t.png\r\n", "images\\gull.png", "\\\\cdn.example\\x.png",
  "/\\cdn.example/x.png", "//cdn.example//x.png", "x.png?size=1|2&q=a b'\"#f", "?x", "#x", "", "//[::1]:80/x", "x^y`z{}.png",
  "http:x.png", "https:/x.png", "http://EXAMPLE.org:080/x", "http://a.example:/x", "http://a.example:65536/x", "http://a.example:8o/",
  "http://möwe.example/é.png", "http://xn--mwe-sna.example/", "http://faß.example/", "http://a_b.example/", "http://a b.example/",
  "http://0x7f.1/x", "http://1.2.3/x", "http://256.1.1.1/", "http://[::ffff:1.2.3.4]/", "http://u:p@a.example/x", "http://@/x",
  "../../../x.png", "./a/./b/../c.png", "a/%2e%2E/b.png", "data:image/png;base64,iVBO Rw==", "blob:https://a.example/1", "javascript:void(0)",
  "C:\\images\\x.png", "C|/x.png", "cid:1@mail", "file:///x.png", "file://host/x.png", "about:blank", "%00.png", "\u0000x.png\u0000", "x\u00a0y.png",
];
const bases = ["http://a.example/b/c.html?q#f", "https://a.example", "file:///site/a%20b/page.html", "about:blank", null];

const tests = JSON.parse(readFileSync(process.argv[2])).filter((t) => typeof t !== "string").map((t) => [t.input, t.base ?? null]);
const cases = [...tests, ...own.flatMap((address) => bases.map((base) => [address, base]))];
writeFileSync("ingest/address/testdata/addresses.json.gz", gzipSync(JSON.stringify(cases.map(([address, base]) => {
  try {
    return [address, base, new URL(address, base ?? undefined).href];
  } catch {
    return [address, base, null];
  }
})), { level: 9 }));
