package usage

import (
	"encoding/json"
	"net/url"

	"pressmill/crawler/robots"
)

// TDMFile is the path of a site's file of reservations.
const TDMFile = "/.well-known/tdmrep.json"

// maxReservations is how many entries of a file are read.
const maxReservations = 1000

// Reservations are those of a site's file (TDMRep, "TDM File on the Origin
// Server").
type Reservations []reservation

type reservation struct {
	Location string `json:"location"`
	Reserved any    `json:"tdm-reservation"` // 1 or 0; some write a string
}

// ParseReservations reads a site's file. What is no such file reserves nothing.
func ParseReservations(body []byte) Reservations {
	var all Reservations
	if json.Unmarshal(body, &all) != nil {
		return nil
	}
	return all[:min(len(all), maxReservations)]
}

// Reserved says what the first entry that matches the URL's path says: whether
// text and data mining is reserved.
func (all Reservations) Reserved(u *url.URL) bool {
	for _, r := range all {
		if robots.Match(r.Location, u.EscapedPath()) {
			return r.Reserved == float64(1) || r.Reserved == "1" || r.Reserved == true
		}
	}
	return false
}
