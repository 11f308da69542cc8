package main

// words that invented stories are made of.
var (
	places     = []string{"Aldermoor", "Birkholm", "Claywater", "Dunfleet", "Elmsworth", "Farrow Bay", "Gannetry", "Holmsund", "Ivelford", "Jarrowby", "Kestrel Point", "Lindmouth", "Marshgate", "Nettleby", "Ormsea", "Pennywell", "Quenby", "Rookhaven", "Sandwharf", "Tollbridge", "Ullswick", "Vennacher", "Wrenfield", "Yarmley"}
	things     = []string{"the harbour crane", "a second ferry", "the corn exchange", "an open-air school", "the tram depot", "a library ship", "the north breakwater", "the old brewery", "a seawater pool", "the winter market", "a rope bridge", "the town orchestra", "the peat railway", "a village bakery", "the lighthouse lamp", "the allotment gardens"}
	deeds      = []string{"keeps", "moves", "rebuilds", "questions", "funds", "loses", "reopens", "measures", "auctions", "rejects"}
	measures   = []string{"days", "weeks", "meetings", "letters", "hearings", "tides", "votes", "mornings"}
	givenNames = []string{"Anselm", "Brita", "Corin", "Dorte", "Emil", "Frida", "Gustav", "Hanne", "Ivo", "Jutta", "Klaas", "Levke", "Matti", "Nora", "Oskar", "Petra", "Rasmus", "Signe", "Tove", "Urban", "Viggo", "Wenke"}
	surnames   = []string{"Ashdown", "Brandt", "Calloway", "Drewitt", "Ekstrand", "Fairley", "Grimsdal", "Hatherley", "Isaksen", "Jolliffe", "Kirkeby", "Lindqvist", "Merriman", "Nordahl", "Osterley", "Pargeter", "Rennick", "Solberg", "Thackray", "Umfreville", "Vestergaard", "Wickham"}
)
