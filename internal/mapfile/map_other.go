//go:build !unix

package mapfile

import "os"

// mapped returns nil: the file is read through a buffer.
func mapped(*os.File, int64) []byte { return nil }

func unmap([]byte) error { return nil }
