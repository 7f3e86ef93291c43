//go:build !nogs

package all

import _ "gocloud.dev/blob/gcsblob" // brings gRPC, more than half of what package all adds
