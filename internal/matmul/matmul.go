// Package matmul multiplies blocks of float32 matrices whose rows are vectors: the product of a row
// of the left with a row of the right is their inner product.
//
// A block is packed once ([Block.Pack]) and multiplied often ([Block.Strips]). The product of two
// vectors depends on them alone, to the last bit, and not on where they lie in their blocks: it is
// summed in the order of their elements. So equal vectors have equal products, and a product can be
// computed again apart from the others.
//
// The kernels for AVX-512 and for AVX2 round once per multiplication and addition, and agree to the
// last bit. The portable kernel rounds twice.
package matmul

// kernel multiplies a tile: rows of the left by columns, which are rows of the right.
type kernel struct {
	name          string
	rows, columns int
	// tile sets c, [rows, columns], to the product of a, [width, rows], and b, [width, columns].
	tile func(c, a, b []float32, width int)
}

// Rows is the number of rows of the left side that are multiplied at once; a block of a multiple of
// it wastes nothing.
func Rows() int { return used.rows }

// Columns is the same for the right side: the width of a strip.
func Columns() int { return used.columns }

// Block holds packed vectors. The zero value is ready for use, and keeps its memory when it is
// packed again. A packed block may be read by several goroutines.
type Block struct {
	n, width int
	values   []float32 // tile by tile, [width, vectors of a tile]; missing vectors are zeros
}

// PackLeft packs vectors for the left side: values is [n, width], row by row.
func (b *Block) PackLeft(values []float32, width int) { b.pack(values, width, used.rows) }

// PackRight packs vectors for the right side.
func (b *Block) PackRight(values []float32, width int) { b.pack(values, width, used.columns) }

func (b *Block) pack(values []float32, width, tile int) {
	b.n, b.width = len(values)/width, width
	tiles := (b.n + tile - 1) / tile
	if size := tiles * tile * width; cap(b.values) < size {
		b.values = make([]float32, size)
	} else {
		b.values = b.values[:size]
	}
	for t := range tiles {
		first := t * tile
		vectors := min(tile, b.n-first)
		to := b.values[first*width : (first+tile)*width]
		if vectors < tile {
			clear(to)
		}
		packTile(to, values[first*width:(first+vectors)*width], width, tile)
	}
}

// packTile transposes the vectors of a tile, four at a time.
func packTile(to, values []float32, width, tile int) {
	vectors := len(values) / width
	v := 0
	for ; v+4 <= vectors; v += 4 {
		a, b := values[v*width:(v+1)*width], values[(v+1)*width:(v+2)*width]
		c, d := values[(v+2)*width:(v+3)*width], values[(v+3)*width:(v+4)*width]
		at := to[v:]
		for k := range a {
			four := (*[4]float32)(at)
			four[0], four[1], four[2], four[3] = a[k], b[k], c[k], d[k]
			if k+1 < len(a) {
				at = at[tile:]
			}
		}
	}
	for ; v < vectors; v++ {
		for k, value := range values[v*width : (v+1)*width] {
			to[k*tile+v] = value
		}
	}
}

// Strips multiplies the blocks, one strip of columns after the other, and calls do with each: its
// first column, the number of its columns, and the products of all left rows with them, [left,
// Columns()], row by row. The products lie in strip, which has [StripSize] values; columns beyond
// their number hold none.
func Strips(left, right *Block, strip []float32, do func(first, columns int, products []float32)) {
	rows, columns, width := used.rows, used.columns, left.width
	strip = strip[:StripSize(left.n)]
	for first := 0; first < right.n; first += columns {
		b := right.values[first*width : (first+columns)*width]
		for row := 0; row < left.n; row += rows {
			used.tile(strip[row*columns:(row+rows)*columns], left.values[row*width:(row+rows)*width], b, width)
		}
		do(first, min(columns, right.n-first), strip[:left.n*columns])
	}
}

// StripSize is the length of the strip that [Strips] needs for a left side of n vectors.
func StripSize(n int) int { return (n + used.rows - 1) / used.rows * used.rows * used.columns }

// portable is the kernel for every machine.
var portable = kernel{"portable", 2, 4, portableTile}

func portableTile(c, a, b []float32, width int) {
	var c00, c01, c02, c03, c10, c11, c12, c13 float32
	for len(a) >= 2 && len(b) >= 4 {
		x, y, p, q, r, s := a[0], a[1], b[0], b[1], b[2], b[3]
		c00, c01, c02, c03 = c00+x*p, c01+x*q, c02+x*r, c03+x*s
		c10, c11, c12, c13 = c10+y*p, c11+y*q, c12+y*r, c13+y*s
		a, b = a[2:], b[4:]
	}
	*(*[8]float32)(c) = [8]float32{c00, c01, c02, c03, c10, c11, c12, c13}
}
