package dates

import (
	"strings"
	"time"
)

const hour = 3600

// zone is what the name of a zone means.
type zone struct {
	offset    int    // seconds east of UTC
	american  bool   // one hour more in the summer of the United States
	countries string // where the name means this; "" for everywhere
	english   bool   // also where nothing is known but that the text is English
}

// zoneNames holds what abbreviations of zones mean. A name that means several
// things is believed only where the country or the language says which.
var zoneNames = map[string][]zone{
	"z": {{}}, "utc": {{}}, "gmt": {{}}, "ut": {{}}, "wet": {{}}, "west": {{offset: hour}},
	"cet": {{offset: hour}}, "mez": {{offset: hour}}, "cest": {{offset: 2 * hour}}, "mesz": {{offset: 2 * hour}},
	"eet": {{offset: 2 * hour}}, "eest": {{offset: 3 * hour}}, "msk": {{offset: 3 * hour}}, "мск": {{offset: 3 * hour}},
	"trt": {{offset: 3 * hour}}, "eat": {{offset: 3 * hour}}, "sast": {{offset: 2 * hour}}, "idt": {{offset: 3 * hour}},
	"irst": {{offset: 3*hour + hour/2}}, "pkt": {{offset: 5 * hour}}, "npt": {{offset: 5*hour + 2700}},
	"wib": {{offset: 7 * hour}}, "wita": {{offset: 8 * hour}}, "wit": {{offset: 9 * hour, countries: "id"}}, "ict": {{offset: 7 * hour}},
	"sgt": {{offset: 8 * hour}}, "hkt": {{offset: 8 * hour}}, "pht": {{offset: 8 * hour}}, "myt": {{offset: 8 * hour}},
	"jst": {{offset: 9 * hour}}, "kst": {{offset: 9 * hour}},
	"awst": {{offset: 8 * hour}}, "acst": {{offset: 9*hour + hour/2}}, "acdt": {{offset: 10*hour + hour/2}},
	"aest": {{offset: 10 * hour}}, "aedt": {{offset: 11 * hour}}, "nzst": {{offset: 12 * hour}}, "nzdt": {{offset: 13 * hour}},
	"brt": {{offset: -3 * hour}}, "art": {{offset: -3 * hour}}, "clst": {{offset: -3 * hour}}, "clt": {{offset: -4 * hour}},
	"nst": {{offset: -3*hour - hour/2}}, "ndt": {{offset: -2*hour - hour/2}}, "adt": {{offset: -3 * hour}},
	"edt": {{offset: 11 * hour, countries: "au"}, {offset: -4 * hour}},
	"est": {{offset: 10 * hour, countries: "au"}, {offset: -5 * hour}},
	"cdt": {{offset: -4 * hour, countries: "cu"}, {offset: -5 * hour}},
	"mdt": {{offset: -6 * hour}}, "mst": {{offset: -7 * hour, countries: "us ca mx", english: true}, {offset: 8 * hour, countries: "my"}},
	"pdt": {{offset: -7 * hour}}, "akst": {{offset: -9 * hour}}, "akdt": {{offset: -8 * hour}}, "hst": {{offset: -10 * hour}},
	"cst": {{offset: -6 * hour, countries: "us ca mx", english: true}, {offset: 8 * hour, countries: "cn tw"}, {offset: -5 * hour, countries: "cu"}},
	"pst": {{offset: -8 * hour, countries: "us ca mx", english: true}, {offset: 8 * hour, countries: "ph"}, {offset: 5 * hour, countries: "pk"}},
	"ast": {{offset: -4 * hour, countries: "ca us pr"}, {offset: 3 * hour, countries: "sa ae iq kw bh qa"}},
	"ist": {{offset: 5*hour + hour/2, countries: "in lk"}, {offset: 2 * hour, countries: "il"}, {offset: hour, countries: "ie"}},
	"bst": {{offset: 6 * hour, countries: "bd"}, {offset: hour, countries: "gb ie", english: true}},
	"gst": {{offset: 4 * hour, countries: "ae om"}},
	"et":  {{offset: -5 * hour, american: true, countries: "us ca", english: true}},
	"ct":  {{offset: -6 * hour, american: true, countries: "us ca", english: true}},
	"mt":  {{offset: -7 * hour, american: true, countries: "us ca"}},
	"pt":  {{offset: -8 * hour, american: true, countries: "us ca", english: true}},
}

// zonePhrases holds zones in words; "standard", "daylight" and "summer" before
// "time" are read apart.
var zonePhrases = map[string]zone{
	"eastern": {offset: -5 * hour, american: true}, "central": {offset: -6 * hour, american: true},
	"mountain": {offset: -7 * hour, american: true}, "pacific": {offset: -8 * hour, american: true},
	"central european": {offset: hour}, "eastern european": {offset: 2 * hour}, "western european": {},
	"british": {}, "greenwich mean": {}, "coordinated universal": {}, "india": {offset: 5*hour + hour/2}, "indian": {offset: 5*hour + hour/2},
	"japan": {offset: 9 * hour}, "korea": {offset: 9 * hour}, "singapore": {offset: 8 * hour}, "hong kong": {offset: 8 * hour},
	"israel": {offset: 2 * hour}, "moscow": {offset: 3 * hour}, "australian eastern": {offset: 10 * hour}, "new zealand": {offset: 12 * hour},
}

// zone reads the zone of a time that ends before token i. It returns the index
// behind it, or i. sure says that the time was written so exactly that a minus
// and a time behind it are an offset, not the end of an event.
func (r *reader) zone(d *Date, i int, sure bool) int {
	at := i
	for n := 0; n < 2 && (r.at(at).c == '(' || r.at(at).c == ',' || r.at(at).c == '.' || r.at(at).is(clockMark)); n++ {
		at++
	}
	if next := r.namedZone(d, at); next > 0 {
		return next
	}
	if next := r.offset(d, at, sure); next > 0 {
		return next
	}
	return i
}

func (r *reader) namedZone(d *Date, i int) int {
	t := r.at(i)
	if t.to == t.from || t.c != 0 || t.digits > 0 {
		return 0
	}
	if next := r.zonePhrase(d, i); next > 0 {
		return next
	}
	if !t.upper || t.to-t.from > 8 {
		return 0
	}
	for _, z := range zoneNames[strings.ToLower(r.word(i))] {
		if !z.meant(r.where) {
			continue
		}
		d.Offset, d.Zoned = z.at(d), true
		if next := r.offset(d, i+1, true); next > 0 && z.offset == 0 { // GMT+2
			return next
		}
		return i + 1
	}
	return 0
}

// meant says whether a name is that of this zone where the text was written.
func (z *zone) meant(where Locale) bool {
	if z.countries == "" {
		return true
	}
	if where.Country != "" {
		return hasWord(z.countries, where.Country)
	}
	return z.english && where.Lang == "en"
}

// zonePhrase reads a zone in words, as "Eastern Daylight Time".
func (r *reader) zonePhrase(d *Date, i int) int {
	var names [4]string
	for n := range names {
		t := r.at(i + n)
		if t.from == t.to || t.c != 0 || t.digits > 0 || !t.title {
			return 0
		}
		names[n] = strings.ToLower(r.word(i + n))
		if names[n] != "time" || n == 0 {
			continue
		}
		season, name := names[n-1], strings.Join(names[:n], " ") //nolint:gosec // n is more than 0
		if season == "standard" || season == "daylight" || season == "summer" {
			name = strings.TrimSpace(strings.TrimSuffix(name, season))
		}
		z, ok := zonePhrases[name]
		if !ok {
			return 0
		}
		z.american = z.american && season != "standard" && season != "daylight"
		d.Offset, d.Zoned = z.at(d), true
		if season == "daylight" || season == "summer" {
			d.Offset += hour
		}
		return i + n + 1
	}
	return 0
}

// offset reads +02:00, -0500 and +2. A minus counts only when it stands at its
// digits and nothing else can be meant.
func (r *reader) offset(d *Date, i int, sure bool) int {
	sign, h := r.at(i), r.at(i+1)
	if sign.c != '+' && sign.c != '-' || h.from != sign.to || h.digits == 0 || h.digits == 3 || h.digits > 4 {
		return 0
	}
	if sign.c == '-' && (!sure && h.digits != 4 || h.digits == 1) {
		return 0
	}
	secs, next := int(h.num)*hour, i+2
	switch m := r.at(i + 3); {
	case h.digits == 4:
		secs = int(h.num/100)*hour + int(h.num%100)*60
	case r.at(i+2).c == ':' && m.digits == 2 && m.from == r.at(i+2).to:
		secs += int(m.num) * 60
		next = i + 4
	}
	if secs > 14*hour || secs%900 != 0 {
		return 0
	}
	if sign.c == '-' {
		secs = -secs
	}
	d.Offset, d.Zoned = secs, true
	return next
}

// at returns the offset of the zone on a day.
func (z *zone) at(d *Date) int {
	if z.american && americanSummer(d) {
		return z.offset + hour
	}
	return z.offset
}

// americanSummer says whether daylight saving time holds in the United States:
// from the second Sunday of March to the first of November, since 2007.
func americanSummer(d *Date) bool {
	switch {
	case d.Month < 3 || d.Month > 11:
		return false
	case d.Month > 3 && d.Month < 11:
		return true
	}
	first := time.Date(d.Year, time.Month(d.Month), 1, 0, 0, 0, 0, time.UTC).Weekday()
	sunday := 1 + (7-int(first))%7
	if d.Month == 3 {
		return d.Day >= sunday+7
	}
	return d.Day < sunday
}
