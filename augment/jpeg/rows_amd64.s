//go:build goexperiment.simd

#include "textflag.h"

// func sumBlocks(sums *uint16, near, far *uint8, blocks int)
//
// 3 near + far, 16 samples to a block.
TEXT ·sumBlocks(SB), NOSPLIT, $0-32
	MOVQ sums+0(FP), DI
	MOVQ near+8(FP), SI
	MOVQ far+16(FP), DX
	MOVQ blocks+24(FP), CX

sum:
	VPMOVZXBW (SI), Y0
	VPMOVZXBW (DX), Y1
	VPADDW    Y0, Y0, Y2
	VPADDW    Y0, Y1, Y1
	VPADDW    Y2, Y1, Y1
	VMOVDQU   Y1, (DI)
	ADDQ      $16, SI
	ADDQ      $16, DX
	ADDQ      $32, DI
	DECQ      CX
	JNZ       sum
	VZEROUPPER
	RET

// func widenBlocks(dst *uint8, sums *uint16, blocks int, left, right uint16)
//
// 32 samples out of 16 sums to a block: the left ones in the lower bytes of 16 words, the right
// ones in the upper.
TEXT ·widenBlocks(SB), NOSPLIT, $0-28
	MOVQ         dst+0(FP), DI
	MOVQ         sums+8(FP), SI
	MOVQ         blocks+16(FP), CX
	VPBROADCASTW left+24(FP), Y4
	VPBROADCASTW right+26(FP), Y5

widen:
	VMOVDQU 2(SI), Y0
	VPADDW  Y0, Y0, Y1
	VPADDW  Y1, Y0, Y0
	VPADDW  (SI), Y4, Y2
	VPADDW  4(SI), Y5, Y3
	VPADDW  Y0, Y2, Y2
	VPADDW  Y0, Y3, Y3
	VPSRLW  $4, Y2, Y2
	VPSRLW  $4, Y3, Y3
	VPSLLW  $8, Y3, Y3
	VPOR    Y2, Y3, Y3
	VMOVDQU Y3, (DI)
	ADDQ    $32, SI
	ADDQ    $32, DI
	DECQ    CX
	JNZ     widen
	VZEROUPPER
	RET

// Words and doublewords for convertBlocks, and the order of bytes that drops each fourth.
DATA colours<>+0(SB)/4, $0x00800080  // 128
DATA colours<>+4(SB)/4, $0x00010001  // 1
DATA colours<>+8(SB)/4, $0x66E966E9  // 26345
DATA colours<>+12(SB)/4, $0xC5A2C5A2 // -14942
DATA colours<>+16(SB)/4, $0x492EA7E6 // -22554 and 18734
DATA colours<>+20(SB)/4, $0x00008000 // 1/2
DATA colours<>+24(SB)/8, $0x0908060504020100
DATA colours<>+32(SB)/8, $0xFFFFFFFF0E0D0C0A
GLOBL colours<>(SB), RODATA|NOPTR, $40

// func convertBlocks(to, luma, cb, cr *uint8, blocks int)
//
// 16 pixels to a block, in lanes of 16 bits. Factors above 1/2 are split so that products of 16
// bits are exact, as in libjpeg-turbo's jdcolext-avx2.asm:
//
//	R = Y + Cr + 0.402 Cr
//	G = Y - Cr - 0.344 Cb + 0.286 Cr
//	B = Y + 2 Cb - 0.228 Cb
//
// Pixels end as the bytes R, G, B, 0, of which a shuffle drops the last; a store of 4 pixels writes
// 4 bytes too many, which the next overwrites.
TEXT ·convertBlocks(SB), NOSPLIT, $0-40
	MOVQ           to+0(FP), DI
	MOVQ           luma+8(FP), SI
	MOVQ           cb+16(FP), BX
	MOVQ           cr+24(FP), DX
	MOVQ           blocks+32(FP), CX
	VPBROADCASTD   colours<>+0(SB), Y15
	VPBROADCASTD   colours<>+4(SB), Y14
	VPBROADCASTD   colours<>+8(SB), Y13
	VPBROADCASTD   colours<>+12(SB), Y12
	VPBROADCASTD   colours<>+16(SB), Y11
	VPBROADCASTD   colours<>+20(SB), Y10
	VBROADCASTI128 colours<>+24(SB), Y9
	VPXOR          Y8, Y8, Y8

convert:
	VPMOVZXBW (SI), Y0
	VPMOVZXBW (BX), Y1
	VPMOVZXBW (DX), Y2
	VPSUBW    Y15, Y1, Y1 // Cb
	VPSUBW    Y15, Y2, Y2 // Cr

	VPADDW  Y2, Y2, Y3
	VPMULHW Y13, Y3, Y3
	VPADDW  Y14, Y3, Y3
	VPSRAW  $1, Y3, Y3
	VPADDW  Y2, Y3, Y3
	VPADDW  Y0, Y3, Y3  // red

	VPADDW  Y1, Y1, Y4
	VPMULHW Y12, Y4, Y5
	VPADDW  Y14, Y5, Y5
	VPSRAW  $1, Y5, Y5
	VPADDW  Y4, Y5, Y5
	VPADDW  Y0, Y5, Y5  // blue

	VPUNPCKLWD Y2, Y1, Y6
	VPUNPCKHWD Y2, Y1, Y7
	VPMADDWD   Y11, Y6, Y6
	VPMADDWD   Y11, Y7, Y7
	VPADDD     Y10, Y6, Y6
	VPADDD     Y10, Y7, Y7
	VPSRAD     $16, Y6, Y6
	VPSRAD     $16, Y7, Y7
	VPACKSSDW  Y7, Y6, Y6
	VPSUBW     Y2, Y6, Y6
	VPADDW     Y0, Y6, Y6  // green

	VPACKUSWB  Y5, Y3, Y3 // R, then B
	VPACKUSWB  Y8, Y6, Y6 // G, then 0
	VPUNPCKHBW Y8, Y3, Y4 // B 0
	VPUNPCKLBW Y6, Y3, Y3 // R G
	VPUNPCKLWD Y4, Y3, Y5 // pixels 0 to 3, 8 to 11
	VPUNPCKHWD Y4, Y3, Y6 // 4 to 7, 12 to 15
	VPSHUFB    Y9, Y5, Y5
	VPSHUFB    Y9, Y6, Y6

	VMOVDQU      X5, (DI)
	VMOVDQU      X6, 12(DI)
	VEXTRACTI128 $1, Y5, 24(DI)
	VEXTRACTI128 $1, Y6, 36(DI)
	ADDQ         $16, SI
	ADDQ         $16, BX
	ADDQ         $16, DX
	ADDQ         $48, DI
	DECQ         CX
	JNZ          convert
	VZEROUPPER
	RET
