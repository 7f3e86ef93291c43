//go:build !amd64

package matmul

var used = portable

func kernels() []kernel { return []kernel{portable} }
