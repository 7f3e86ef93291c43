package packing_test

import (
	"fmt"

	"github.com/pali3/pali3/mixture/internal/packing"
)

func Example() {
	packer, err := packing.New(packing.Config{EncoderLength: 6, DecoderLength: 4, Window: 8})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range []packing.Example{
		{Encoder: []int32{11, 12, 1}, Targets: []int32{21, 1}},
		{Encoder: []int32{13, 14, 15, 16, 1}, Targets: []int32{22, 1}},
		{Encoder: []int32{17, 1}, Targets: []int32{23, 1}},
	} {
		if _, err := packer.Add(e); err != nil {
			fmt.Println(err)
			return
		}
	}
	for _, row := range packer.Flush() {
		fmt.Println(row.Examples, row.Encoder.IDs, row.Encoder.Segments, row.Encoder.Positions)
		fmt.Println("   ", row.DecoderInputs, row.Targets.IDs, row.Targets.Segments)
	}
	fmt.Printf("%.0f%% of the encoder's places, %.0f%% of the decoder's\n", 100*packer.Fill().Encoder(), 100*packer.Fill().Decoder())
	// Output:
	// [1] [13 14 15 16 1 0] [1 1 1 1 1 0] [0 1 2 3 4 0]
	//     [0 22 0 0] [22 1 0 0] [1 1 0 0]
	// [0 2] [11 12 1 17 1 0] [1 1 1 2 2 0] [0 1 2 0 1 0]
	//     [0 21 0 23] [21 1 23 1] [1 1 2 2]
	// 83% of the encoder's places, 75% of the decoder's
}
