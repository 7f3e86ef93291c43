//go:build goexperiment.simd

#include "textflag.h"

// BLEND adds 16 values of a row, at an offset, each times the weight in Z8.
#define BLEND(offset, sum, product) \
	VPMOVZXBD offset(R9)(SI*1), product \
	VCVTDQ2PS product, product \
	VMULPS    Z8, product, product \
	VADDPS    product, sum, sum

// func blendBlocks(sum *float32, rows *[]uint8, weights *float32, count, blocks int)
//
// 64 values to a block: the sum of count rows, each times its weight, in the order of the rows.
// Products and sums are rounded one by one, as in blendRowsPortable. It needs AVX-512F.
TEXT ·blendBlocks(SB), NOSPLIT, $0-40
	MOVQ sum+0(FP), DI
	MOVQ rows+8(FP), BX
	MOVQ weights+16(FP), DX
	MOVQ count+24(FP), R8
	MOVQ blocks+32(FP), CX
	XORQ SI, SI

block:
	VPXORD Z0, Z0, Z0
	VPXORD Z1, Z1, Z1
	VPXORD Z2, Z2, Z2
	VPXORD Z3, Z3, Z3
	MOVQ   BX, R10
	XORQ   R11, R11

row:
	MOVQ         (R10), R9
	VBROADCASTSS (DX)(R11*4), Z8
	BLEND(0, Z0, Z4)
	BLEND(16, Z1, Z5)
	BLEND(32, Z2, Z6)
	BLEND(48, Z3, Z7)
	ADDQ         $24, R10 // a slice has three words
	INCQ         R11
	CMPQ         R11, R8
	JLT          row
	VMOVUPS      Z0, (DI)
	VMOVUPS      Z1, 64(DI)
	VMOVUPS      Z2, 128(DI)
	VMOVUPS      Z3, 192(DI)
	ADDQ         $256, DI
	ADDQ         $64, SI
	DECQ         CX
	JNZ          block
	VZEROUPPER
	RET
