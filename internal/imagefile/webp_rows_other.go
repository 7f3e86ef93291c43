//go:build !(goexperiment.simd && amd64)

package imagefile

func upsampleWebPPairs(to, near, far []uint8) { upsampleWebPPairsPortable(to, near, far) }

func convertWebPRow(to, luma, cb, cr []uint8) { convertWebPRowPortable(to, luma, cb, cr) }
