package jpeg

import "github.com/pali3/pali3/internal/imagefile/fault"

// What is wrong with a file; test with errors.Is. They are the errors of package augment.
var (
	ErrTruncated   = fault.ErrTruncated   // coded data are missing
	ErrCorrupt     = fault.ErrCorrupt     // the file breaks the rules of the format
	ErrTooLarge    = fault.ErrTooLarge    // more pixels than Options.MaxPixels, or more than 200 scans
	ErrUnsupported = fault.ErrUnsupported // arithmetic coding, lossless, 12 bits, unusual sampling
)
