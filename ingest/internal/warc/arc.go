package warc

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// parseARC parses the header line of an ARC record: URL, IP address, date, content type, (in
// version 2: result code, checksum, location, offset, file name,) length. An ARC record is read as
// the WARC record of type response of the same URL; the first, which describes the file, for
// warcinfo.
func (r *Record) parseARC(line string) error {
	fields := strings.Split(line, " ")
	if len(fields) < 5 {
		return fmt.Errorf("%w: an ARC record's line has %d fields: %.60q", ErrFormat, len(fields), line)
	}
	last := len(fields) - 1
	length, err := strconv.ParseInt(fields[last], 10, 64)
	if err != nil || length < 0 {
		return fmt.Errorf("%w: length %.40q of an ARC record", ErrFormat, fields[last])
	}
	// Old files have URLs with spaces, so fields are counted from the end, by the version's number
	// of fields.
	rest := 4
	if last >= 9 {
		rest = 9
	}
	at := last - rest + 1
	r.Version, r.Type, r.Length = "ARC", "response", length
	r.URI = strings.Join(fields[:at], " ")
	r.Date, _ = time.Parse("20060102150405", fields[at+1])
	r.Kind = "application/http; msgtype=response"
	r.Header["content-type"] = fields[at+2] // of the payload
	if strings.HasPrefix(r.URI, "filedesc:") {
		r.Type, r.Kind = "warcinfo", fields[at+2]
	} else if !strings.HasPrefix(r.URI, "http") {
		r.Type, r.Kind = "resource", fields[at+2]
	}
	return nil
}
