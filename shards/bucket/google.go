//go:build !nogs

package bucket

import _ "gocloud.dev/blob/gcsblob" // brings gRPC, more than half of what the stores add to a program

var googleSchemes = []string{"gs"}
