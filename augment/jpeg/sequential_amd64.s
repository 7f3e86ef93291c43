//go:build goexperiment.simd

#include "go_asm.h"
#include "textflag.h"

// PAIR decodes what the next bits mean. R8 is the position of the last coefficient, R9 the unread
// bits, CX their number.
#define PAIR \
	MOVQ    R9, R10 \
	SHRQ    $54, R10 \
	MOVQ    table_pairs(DI)(R10*8), R10 \
	TESTB   $0x80, R10 \
	JNZ     code \
	SHLXQ   R10, R9, R9 \
	MOVBLZX R10, R11 \
	SUBQ    R11, CX \
	MOVL    R10, R12 \
	SHRL    $8, R12 \
	MOVBLZX R12, R12 \
	MOVBLZX (AX)(R12*1), R12 \
	MOVQ    R10, R11 \
	SHRQ    $32, R11 \
	MOVW    R11, (BX)(R12*2) \
	MOVL    R10, R12 \
	SHRL    $16, R12 \
	ADDQ    R12, R8 \
	ADDQ    R12, AX \
	MOVBLZX (AX), R12 \
	SHRQ    $48, R10 \
	MOVW    R10, (BX)(R12*2) \
	CMPQ    R8, $47 \
	JGE     done

// func decodePairs(b *decodedBlock, ac *table, r *bitReader, k int) (end int)
//
// Coefficients behind position k, to position 47 or to the end of the block, as in pairsPortable. A
// refill serves for three lookups, which take 10 bits each and leave the 32 that the longest code
// with its value needs. Before a code longer than a lookup it returns the complement of the
// position. AX points to the current position's entry of positions.
TEXT ·decodePairs(SB), NOSPLIT, $0-40
	MOVQ b+0(FP), BX
	MOVQ ac+8(FP), DI
	MOVQ r+16(FP), SI
	MOVQ k+24(FP), R8
	MOVQ bitReader_bits(SI), R9
	MOVQ bitReader_count(SI), CX
	MOVQ bitReader_next(SI), R15
	MOVQ bitReader_size(SI), R13
	MOVQ bitReader_segment(SI), DX
	LEAQ ·positions(SB), AX
	ADDQ R8, AX

refill:
	MOVQ    R15, R10
	CMPQ    R15, R13
	CMOVQGT R13, R10
	MOVQ    (DX)(R10*1), R10
	BSWAPQ  R10
	SHRXQ   CX, R10, R10
	ORQ     R10, R9
	MOVL    $63, R10
	SUBQ    CX, R10
	SHRQ    $3, R10
	ADDQ    R10, R15
	ORQ     $56, CX
	PAIR
	PAIR
	PAIR
	JMP     refill

code: // whose value is not in the lookup
	MOVQ    R9, R10
	SHRQ    $54, R10
	MOVL    table_next(DI)(R10*4), R10
	MOVBLZX R10, R11
	TESTL   R11, R11
	JZ      long
	SHLXQ   R11, R9, R9
	SUBQ    R11, CX
	SHRL    $8, R10      // the symbol
	MOVL    R10, R11
	SHRL    $4, R11
	INCQ    R11
	ADDQ    R11, R8
	ADDQ    R11, AX
	ANDL    $15, R10     // bits of the value
	MOVL    $64, R12
	SUBL    R10, R12
	SHRXQ   R12, R9, R12 // the value
	MOVQ    $-1, R11
	SHLXQ   R10, R11, R11
	INCQ    R11
	BTQ     $63, R9
	JCS     positive
	ADDQ    R11, R12

positive:
	SHLXQ   R10, R9, R9
	SUBQ    R10, CX
	MOVBLZX (AX), R10
	MOVW    R12, (BX)(R10*2)
	CMPQ    R8, $47
	JLT     refill
	JMP     done

long:
	NOTQ R8

done:
	MOVQ R9, bitReader_bits(SI)
	MOVQ CX, bitReader_count(SI)
	MOVQ R15, bitReader_next(SI)
	MOVQ R8, end+32(FP)
	RET
