//go:build goexperiment.simd

#include "textflag.h"

// func gatherPixels(out, source *float32, first *int, weights *float32, count, length int)
//
// Pixel x of out is the sum of length pixels of the source from first[x] on, each times its weight.
// A pixel is the first three lanes of four; the fourth is written over by the next pixel. Products
// and sums are rounded one by one, in the order of the source, as in gatherRowPortable. Two pixels
// are done at a time.
TEXT ·gatherPixels(SB), NOSPLIT, $0-48
	MOVQ out+0(FP), DI
	MOVQ source+8(FP), SI
	MOVQ first+16(FP), BX
	MOVQ weights+24(FP), DX
	MOVQ count+32(FP), CX
	MOVQ length+40(FP), R8

pair:
	SUBQ   $2, CX
	JLT    last
	MOVQ   (BX), R9
	MOVQ   8(BX), R10
	LEAQ   (R9)(R9*2), R9
	LEAQ   (R10)(R10*2), R10
	LEAQ   (SI)(R9*4), R9
	LEAQ   (SI)(R10*4), R10
	LEAQ   (DX)(R8*4), R11
	MOVQ   R8, R12
	VXORPS X0, X0, X0
	VXORPS X1, X1, X1

pairTap:
	VBROADCASTSS (DX), X2
	VBROADCASTSS (R11), X3
	VMULPS       (R9), X2, X2
	VMULPS       (R10), X3, X3
	VADDPS       X2, X0, X0
	VADDPS       X3, X1, X1
	ADDQ         $12, R9
	ADDQ         $12, R10
	ADDQ         $4, DX
	ADDQ         $4, R11
	DECQ         R12
	JNZ          pairTap
	MOVQ         R11, DX
	VMOVUPS      X0, (DI)
	VMOVUPS      X1, 12(DI)
	ADDQ         $24, DI
	ADDQ         $16, BX
	JMP          pair

last:
	ADDQ   $2, CX
	JEQ    done
	MOVQ   (BX), R9
	LEAQ   (R9)(R9*2), R9
	LEAQ   (SI)(R9*4), R9
	VXORPS X0, X0, X0

lastTap:
	VBROADCASTSS (DX), X2
	VMULPS       (R9), X2, X2
	VADDPS       X2, X0, X0
	ADDQ         $12, R9
	ADDQ         $4, DX
	DECQ         R8
	JNZ          lastTap
	VMOVUPS      X0, (DI)

done:
	VZEROUPPER
	RET

// func gatherPixels4(out, source *float32, first *int, weights *float32, count, length, step int)
//
// gatherPixels for four rows of out and of the source, whose lengths are 3·count and step: each
// weight serves for four pixels. The last pixel of a row is stored without a fourth lane.
TEXT ·gatherPixels4(SB), NOSPLIT, $0-56
	MOVQ out+0(FP), DI
	MOVQ source+8(FP), SI
	MOVQ first+16(FP), BX
	MOVQ weights+24(FP), DX
	MOVQ count+32(FP), CX
	MOVQ length+40(FP), R8
	MOVQ step+48(FP), R13
	LEAQ (CX)(CX*2), AX
	SHLQ $2, AX
	LEAQ (AX)(AX*2), R10
	SHLQ $2, R13
	LEAQ (R13)(R13*2), R11

pixels4:
	MOVQ   (BX), R9
	LEAQ   (R9)(R9*2), R9
	LEAQ   (SI)(R9*4), R9
	MOVQ   R8, R12
	VXORPS X0, X0, X0
	VXORPS X1, X1, X1
	VXORPS X2, X2, X2
	VXORPS X3, X3, X3

tap4:
	VBROADCASTSS (DX), X4
	VMULPS       (R9), X4, X5
	VMULPS       (R9)(R13*1), X4, X6
	VMULPS       (R9)(R13*2), X4, X7
	VMULPS       (R9)(R11*1), X4, X8
	VADDPS       X5, X0, X0
	VADDPS       X6, X1, X1
	VADDPS       X7, X2, X2
	VADDPS       X8, X3, X3
	ADDQ         $12, R9
	ADDQ         $4, DX
	DECQ         R12
	JNZ          tap4
	DECQ         CX
	JZ           last4
	VMOVUPS      X0, (DI)
	VMOVUPS      X1, (DI)(AX*1)
	VMOVUPS      X2, (DI)(AX*2)
	VMOVUPS      X3, (DI)(R10*1)
	ADDQ         $12, DI
	ADDQ         $8, BX
	JMP          pixels4

last4:
	VMOVLPS    X0, (DI)
	VEXTRACTPS $2, X0, 8(DI)
	ADDQ       AX, DI
	VMOVLPS    X1, (DI)
	VEXTRACTPS $2, X1, 8(DI)
	ADDQ       AX, DI
	VMOVLPS    X2, (DI)
	VEXTRACTPS $2, X2, 8(DI)
	ADDQ       AX, DI
	VMOVLPS    X3, (DI)
	VEXTRACTPS $2, X3, 8(DI)
	VZEROUPPER
	RET

// LANES adds the products of four weights with the source, one to a lane, to sum.
#define LANES(source, weights, sum) \
	VMOVUPS (weights), X4 \
	VMULPS  (source), X4, X4 \
	VADDPS  X4, sum, sum \
	ADDQ    $16, source \
	ADDQ    $16, weights

// ONE is LANES for the only four weights, and TWO for eight.
#define ONE(source, at, sum) \
	VMOVUPS (at)(DX), sum \
	VMULPS  (source), sum, sum

#define TWO(source, at, sum) \
	VMOVUPS (at)(DX), sum \
	VMULPS  (source), sum, sum \
	VMOVUPS (at+16)(DX), X4 \
	VMULPS  16(source), X4, X4 \
	VADDPS  X4, sum, sum

// func gatherFours(out, source *float32, first *int, weights *float32, fours, quads int)
//
// Value x of out is the sum of 4·quads values of the source from first[x] on, each times its weight:
// first lane by lane, then lanes 0 and 1, lanes 2 and 3, and the two results, as in
// gatherValuesPortable. Four values are done at a time.
TEXT ·gatherFours(SB), NOSPLIT, $0-48
	MOVQ out+0(FP), DI
	MOVQ source+8(FP), SI
	MOVQ first+16(FP), BX
	MOVQ weights+24(FP), DX
	MOVQ fours+32(FP), CX
	MOVQ quads+40(FP), R8

four:
	MOVQ   (BX), R9
	MOVQ   8(BX), R10
	MOVQ   16(BX), R11
	MOVQ   24(BX), R12
	LEAQ   (SI)(R9*4), R9
	LEAQ   (SI)(R10*4), R10
	LEAQ   (SI)(R11*4), R11
	LEAQ   (SI)(R12*4), R12
	CMPQ   R8, $2
	JEQ    eight
	JLT    single
	VXORPS X0, X0, X0
	VXORPS X1, X1, X1
	VXORPS X2, X2, X2
	VXORPS X3, X3, X3
	MOVQ   R8, R13

quad0:
	LANES(R9, DX, X0)
	DECQ R13
	JNZ  quad0
	MOVQ R8, R13

quad1:
	LANES(R10, DX, X1)
	DECQ R13
	JNZ  quad1
	MOVQ R8, R13

quad2:
	LANES(R11, DX, X2)
	DECQ R13
	JNZ  quad2
	MOVQ R8, R13

quad3:
	LANES(R12, DX, X3)
	DECQ R13
	JNZ  quad3
	JMP  sums

eight:
	TWO(R9, 0, X0)
	TWO(R10, 32, X1)
	TWO(R11, 64, X2)
	TWO(R12, 96, X3)
	ADDQ $128, DX
	JMP  sums

single:
	ONE(R9, 0, X0)
	ONE(R10, 16, X1)
	ONE(R11, 32, X2)
	ONE(R12, 48, X3)
	ADDQ $64, DX

sums:
	VHADDPS X1, X0, X0
	VHADDPS X3, X2, X2
	VHADDPS X2, X0, X0
	VMOVUPS X0, (DI)
	ADDQ    $16, DI
	ADDQ    $32, BX
	DECQ    CX
	JNZ     four
	VZEROUPPER
	RET

// func gatherBytes(out, source *uint8, first *int, weights *int32, count, length, bits int)
//
// Pixel x of out is the sum of length pixels of the source from first[x] on, each times its weight,
// rounded and without its lowest bits. A pixel is the first three lanes of four, and three bytes of
// four; the fourth is written over by the next pixel.
TEXT ·gatherBytes(SB), NOSPLIT, $0-56
	MOVQ         out+0(FP), DI
	MOVQ         source+8(FP), SI
	MOVQ         first+16(FP), BX
	MOVQ         weights+24(FP), DX
	MOVQ         count+32(FP), R10
	MOVQ         length+40(FP), R8
	MOVQ         bits+48(FP), CX
	VMOVQ        CX, X5
	DECQ         CX
	MOVL         $1, AX
	SHLL         CX, AX
	VMOVD        AX, X6
	VPBROADCASTD X6, X6

pixel:
	MOVQ    (BX), R9
	LEAQ    (R9)(R9*2), R9
	ADDQ    SI, R9
	MOVQ    R8, R11
	VMOVDQU X6, X0

tap:
	VPMOVZXBD    (R9), X2
	VPBROADCASTD (DX), X3
	VPMULLD      X3, X2, X2
	VPADDD       X2, X0, X0
	ADDQ         $3, R9
	ADDQ         $4, DX
	DECQ         R11
	JNZ          tap
	VPSRAD       X5, X0, X0
	VPACKSSDW    X0, X0, X0
	VPACKUSWB    X0, X0, X0
	VMOVD        X0, (DI)
	ADDQ         $3, DI
	ADDQ         $8, BX
	DECQ         R10
	JNZ          pixel
	VZEROUPPER
	RET

// func gatherBytes4(out, source *uint8, first *int, weights *int32, count, length, bits, step int)
//
// gatherBytes for four rows of out and of the source, whose lengths are 3·count and step: each
// weight serves for four pixels. The last pixel of a row is stored without a fourth byte.
TEXT ·gatherBytes4(SB), NOSPLIT, $0-64
	MOVQ         out+0(FP), DI
	MOVQ         source+8(FP), SI
	MOVQ         first+16(FP), BX
	MOVQ         weights+24(FP), DX
	MOVQ         count+32(FP), R10
	MOVQ         length+40(FP), R8
	MOVQ         bits+48(FP), CX
	MOVQ         step+56(FP), R13
	VMOVQ        CX, X15
	DECQ         CX
	MOVL         $1, AX
	SHLL         CX, AX
	VMOVD        AX, X14
	VPBROADCASTD X14, X14
	LEAQ         (R10)(R10*2), AX
	LEAQ         (AX)(AX*2), CX
	LEAQ         (R13)(R13*2), R12

pixels:
	MOVQ    (BX), R9
	LEAQ    (R9)(R9*2), R9
	ADDQ    SI, R9
	MOVQ    R8, R11
	VMOVDQU X14, X0
	VMOVDQU X14, X1
	VMOVDQU X14, X2
	VMOVDQU X14, X3

taps:
	VPBROADCASTD (DX), X4
	VPMOVZXBD    (R9), X5
	VPMOVZXBD    (R9)(R13*1), X6
	VPMOVZXBD    (R9)(R13*2), X7
	VPMOVZXBD    (R9)(R12*1), X8
	VPMULLD      X4, X5, X5
	VPMULLD      X4, X6, X6
	VPMULLD      X4, X7, X7
	VPMULLD      X4, X8, X8
	VPADDD       X5, X0, X0
	VPADDD       X6, X1, X1
	VPADDD       X7, X2, X2
	VPADDD       X8, X3, X3
	ADDQ         $3, R9
	ADDQ         $4, DX
	DECQ         R11
	JNZ          taps
	VPSRAD       X15, X0, X0
	VPSRAD       X15, X1, X1
	VPSRAD       X15, X2, X2
	VPSRAD       X15, X3, X3
	VPACKSSDW    X1, X0, X0
	VPACKSSDW    X3, X2, X2
	VPACKUSWB    X2, X0, X0
	DECQ         R10
	JZ           lastPixels
	VMOVD        X0, (DI)
	VPEXTRD      $1, X0, (DI)(AX*1)
	VPEXTRD      $2, X0, (DI)(AX*2)
	VPEXTRD      $3, X0, (DI)(CX*1)
	ADDQ         $3, DI
	ADDQ         $8, BX
	JMP          pixels

lastPixels:
	VPEXTRW $0, X0, (DI)
	VPEXTRB $2, X0, 2(DI)
	ADDQ    AX, DI
	VPEXTRW $2, X0, (DI)
	VPEXTRB $6, X0, 2(DI)
	ADDQ    AX, DI
	VPEXTRW $4, X0, (DI)
	VPEXTRB $10, X0, 2(DI)
	ADDQ    AX, DI
	VPEXTRW $6, X0, (DI)
	VPEXTRB $14, X0, 2(DI)
	VZEROUPPER
	RET
