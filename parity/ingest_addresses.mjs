// Makes the goldens of ingest/internal/address and of the srcsets in ingest/internal/page with whatwg-url (the reference
// implementation of the URL Standard) and parse-srcset (the algorithm of the HTML standard):
//
//     cd build && npm install --no-save whatwg-url@16.0.1 parse-srcset@1.0.2
//     NODE_PATH=build/node_modules node parity/ingest_addresses.mjs URLTESTDATA.json
//
// URLTESTDATA.json is url/resources/urltestdata.json of web-platform-tests (3-Clause BSD), which is also in the folder
// testdata of the Go module github.com/nlnwa/whatwg-url.
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { readFileSync, writeFileSync } from "node:fs";

const require = createRequire(process.env.NODE_PATH + "/x.js");
const { URL } = require("whatwg-url");
const parseSrcset = require("parse-srcset");

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
writeFileSync("ingest/internal/address/testdata/addresses.json.gz", gzipSync(JSON.stringify(cases.map(([address, base]) => {
  try {
    return [address, base, new URL(address, base ?? undefined).href];
  } catch {
    return [address, base, null];
  }
})), { level: 9 }));

// Srcsets: pieces that templates and people write, put together by a fixed generator.
const pieces = ["a.png", "b.jpg?x=1,2", "/c,d.webp", "data:image/gif;base64,R0lGOD", ",", ", ", ",\n  ", " ", "\t", "\f", "\u00a0", " 1x", " 2x", " 1.5x", " .5x",
  " 1.x", " +2x", " -1x", " 1e1x", " 1e+2x", " 320w", " 640w", " 0w", " 01w", " 1.5w", " -5w", " 100h", " 0h", " 320w 200h", " 200h 320w", " 1x 2x",
  " 1x 2w", " (a, b)", " 2x (c", " )", " foo", " 5", " x", " w", " 99999999999999999999w", "(", "//e.example/f.png", " 2X", " 3W"];
let state = 1;
const next = (n) => (state = (state * 1103515245 + 12345) % 2147483648, Math.floor(state / 65536) % n);
// Of parse-srcset no zero densities are asked, which it takes for none; a height without a width has become an error since.
console.log = console.error = () => {}; // of parse-srcset
const sets = Array.from({ length: 1500 }, () => Array.from({ length: 1 + next(9) }, () => pieces[next(pieces.length)]).join(""));
writeFileSync("ingest/internal/page/testdata/srcsets.json.gz", gzipSync(JSON.stringify(sets.map((set) =>
  [set, parseSrcset(set).filter((c) => !c.h || c.w)])), { level: 9 }));
