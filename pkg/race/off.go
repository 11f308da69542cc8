//go:build !race

// Package race tells tests of size and memory whether the race detector is on:
// under it everything takes several times as long and as much memory, so that
// they take a smaller size and no measure.
package race

// Enabled says whether the race detector is on.
const Enabled = false
