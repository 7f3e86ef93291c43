//go:build !(goexperiment.simd && amd64)

package metrics

func fillDraws(places []uint32, n int, state uint64) uint64 {
	return fillDrawsPortable(places, n, state)
}
