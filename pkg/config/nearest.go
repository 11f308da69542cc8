package config

// Nearest returns the word of known that key was probably meant to be, or "".
// Two edits are forgiven, one in words of up to four letters; swapped
// neighbours count as one edit.
func Nearest(key string, known []string) string {
	best, limit := "", 3
	if len(key) <= 4 {
		limit = 2
	}
	for _, k := range known {
		if dist := distance(key, k); dist < limit {
			best, limit = k, dist
		}
	}
	return best
}

// distance is the optimal string alignment distance of a and b in bytes.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
