// Package view shows what log lines add up to: live in a terminal, or once as
// plain text.
//
//	Session.Run  reads lines into a logs.Tally, and shows it
//	snap         takes a shot of the tally as it stands at one moment
//	Model        draws a shot, and moves in it by keys
package view
