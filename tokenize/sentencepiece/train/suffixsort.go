package train

// fewSuffixes is how many suffixes are sorted by insertion.
const fewSuffixes = 48

// partition sorts a group in place by the byte at depth and returns the parts that share that byte.
func (t *suffixTree) partition(group []suffix, depth int) [][]suffix {
	if t.same(group, depth) {
		return [][]suffix{group}
	}
	if len(group) <= fewSuffixes {
		return t.insertionSort(group, depth)
	}
	return t.radixSort(group, depth)
}

func (t *suffixTree) byteOf(s suffix, depth int) byte { return t.text[int(s.at)+depth] }

func (t *suffixTree) same(group []suffix, depth int) bool {
	first := t.byteOf(group[0], depth)
	for _, s := range group[1:] {
		if t.byteOf(s, depth) != first {
			return false
		}
	}
	return true
}

func (t *suffixTree) insertionSort(group []suffix, depth int) [][]suffix {
	var keys [fewSuffixes]byte
	for i, s := range group {
		key := t.byteOf(s, depth)
		j := i
		for ; j > 0 && keys[j-1] > key; j-- {
			keys[j], group[j] = keys[j-1], group[j-1]
		}
		keys[j], group[j] = key, s
	}
	parts := make([][]suffix, 0, 8)
	begin := 0
	for i := 1; i <= len(group); i++ {
		if i == len(group) || keys[i] != keys[i-1] {
			parts = append(parts, group[begin:i:i])
			begin = i
		}
	}
	return parts
}

// radixSort is the American flag sort (McIlroy, Bostic and McIlroy, 1993).
func (t *suffixTree) radixSort(group []suffix, depth int) [][]suffix {
	var next, ends [256]int
	for _, s := range group {
		ends[t.byteOf(s, depth)]++
	}
	parts := make([][]suffix, 0, 16)
	begin := 0
	for c, n := range ends {
		next[c], ends[c] = begin, begin+n
		if n > 0 {
			parts = append(parts, group[begin:begin+n:begin+n])
		}
		begin += n
	}
	for c := range next {
		for next[c] < ends[c] {
			s := group[next[c]]
			for {
				key := t.byteOf(s, depth)
				if int(key) == c {
					break
				}
				group[next[key]], s = s, group[next[key]]
				next[key]++
			}
			group[next[c]] = s
			next[c]++
		}
	}
	return parts
}
