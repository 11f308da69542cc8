// Package logs reads the log lines of pressmill's programs back, as fast as a
// disk gives them and in memory that does not grow with them.
//
//	files, pipes --Read--> Line, one after the other --Tally.Add--> what the lines add up to
//
// Read takes lines in every shape that they come in: plain or compressed, of
// every preset of key names, and wrapped by what carried them (kubectl, CRI,
// Docker, journald, Loki). What is no line of ours is counted by kind, with an
// example, and never ends anything.
package logs
