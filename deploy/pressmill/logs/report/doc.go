// Package report makes one self-contained HTML page of log lines.
//
//	logs.Line --Builder.Add--> Builder --Report--> Report (the figures) --Write--> HTML
//
// The memory that a Builder takes and the size of the page are bounded,
// however many lines, hosts, sources and processes there are: times are put
// into bins that widen with the range, and what does not fit into a list is
// counted together. The page loads nothing from anywhere, and can be read
// without scripts.
package report
