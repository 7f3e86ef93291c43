//go:build nogs

package bucket

var googleSchemes []string
