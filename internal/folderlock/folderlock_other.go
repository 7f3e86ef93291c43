//go:build !unix

package folderlock

import "os"

// take does nothing: these systems have no lock that ends with its process and that Go's standard
// library offers.
func take(*os.File) error { return nil }
