package weburl

import "strings"

// tracking holds the query parameters, in lower case, that only follow the
// reader around: the page is the same without them. A name belongs here if no
// known site means anything else by it; names that some site may use for its
// content (cid, id, source, ref, from, partner, campaign) do not.
var tracking = map[string]bool{
	// Google: ads, shopping, and Analytics across domains.
	"gclid": true, "gclsrc": true, "dclid": true, "gbraid": true, "wbraid": true, "gad_source": true, "gad_campaignid": true,
	"srsltid": true, "gdfms": true, "gdftrk": true, "gdffi": true, "_ga": true, "_gac": true, "_gl": true,
	"ga_source": true, "ga_medium": true, "ga_term": true, "ga_content": true, "ga_campaign": true, "ga_place": true,
	// Meta: Facebook and Instagram.
	"fbclid": true, "fb_action_ids": true, "fb_action_types": true, "fb_source": true, "fb_ref": true, "fb_comment_id": true,
	"action_object_map": true, "action_type_map": true, "action_ref_map": true, "igshid": true, "igsh": true,
	// Other networks: X, TikTok, LinkedIn, Reddit, Pinterest, Snapchat, XING.
	"twclid": true, "__twitter_impression": true, "ref_src": true, "ref_url": true, "ttclid": true, "li_fat_id": true,
	"trk": true, "trkcampaign": true, "rdt_cid": true, "epik": true, "sccid": true, "xing_share": true,
	// Microsoft: Bing ads, MSN.
	"msclkid": true, "ocid": true, "cvid": true,
	// Yandex, VK and others from Russia.
	"yclid": true, "ysclid": true, "ymclid": true, "_openstat": true, "vkclid": true,
	// Alibaba, WeChat, Bilibili.
	"spm": true, "spm_id_from": true, "vd_source": true, "share_medium": true, "share_plat": true, "share_session_id": true,
	"isappinstalled": true, "nsukey": true, "wxfid": true,
	// Yahoo and AOL.
	"guccounter": true, "guce_referrer": true, "guce_referrer_sig": true, "soc_src": true, "soc_trk": true, ".tsrc": true, "ncid": true,
	// Adobe: Analytics, Advertising, Marketo.
	"s_cid": true, "s_kwcid": true, "ef_id": true, "sc_cid": true, "adobe_mc": true, "adobe_mc_ref": true, "adobe_mc_sdid": true,
	"mkt_tok": true, "icid": true, "intcmp": true, "int_cid": true,
	// HubSpot.
	"hsctatracking": true, "__hstc": true, "__hssc": true, "__hsfp": true, "_hsenc": true, "_hsmi": true,
	// Letters: Mailchimp, MailerLite, Klaviyo, Vero, Omeda, ConvertKit, Drip,
	// Listrak, dotdigital, ExactTarget, Oracle Eloqua, Omnisend, Infusionsoft.
	"mc_cid": true, "mc_eid": true, "mc_tc": true, "ml_subscriber": true, "ml_subscriber_hash": true, "_kx": true, "_ke": true,
	"vero_id": true, "vero_conv": true, "oly_enc_id": true, "oly_anon_id": true, "ck_subscriber_id": true, "__s": true,
	"trk_contact": true, "trk_msg": true, "trk_module": true, "trk_sid": true, "dm_i": true, "et_rid": true, "et_cid": true,
	"elqtrack": true, "elqtrackid": true, "elqaid": true, "elqat": true, "elqcampaignid": true,
	"omnisendcontactid": true, "omnisendattributionid": true, "inf_contact_key": true,
	"iterableemailcampaignid": true, "iterabletemplateid": true, "iterablemessageid": true,
	"ss_email_id": true, "ss_campaign_id": true, "ss_campaign_name": true, "ss_campaign_sent_date": true,
	// Recommendations and affiliates: Outbrain, Taboola, Awin, Impact, CJ,
	// Rakuten, Tradedoubler, Webgains, Branch, Wicked Reports.
	"oborigurl": true, "dicbo": true, "tblci": true, "awc": true, "irclickid": true, "irgwc": true, "cjevent": true, "zanpid": true,
	"ranmid": true, "raneaid": true, "ransiteid": true, "tduid": true, "wgcampaignid": true, "_branch_match_id": true, "_branch_referrer": true,
	"rb_clickid": true, "wickedid": true, "wickedsource": true,
	// Matomo, formerly Piwik.
	"pk_campaign": true, "pk_cid": true, "pk_kwd": true, "pk_keyword": true, "pk_source": true, "pk_medium": true, "pk_content": true,
	"piwik_campaign": true, "piwik_kwd": true, "piwik_keyword": true, "matomo_campaign": true, "matomo_kwd": true,
	// Webtrekk and Mapp, Webtrends, IBM Coremetrics.
	"wt_mc": true, "wt_zmc": true, "wt_cc1": true, "wtrid": true, "wt.mc_id": true, "wt.mc_ev": true, "wt.srch": true, "wt.tsrc": true, "wt.z_author": true,
	"cm_mmc": true, "cm_lm": true, "cm_sp": true, "cm_re": true, "cm_ven": true, "cm_cat": true, "cm_pla": true, "cm_ite": true, "cm_ainfo": true,
	// AT Internet, now Piano.
	"xtor": true, "xtref": true, "at_medium": true, "at_campaign": true, "at_campaign_type": true, "at_format": true, "at_link_id": true,
	"at_link_type": true, "at_link_origin": true, "at_ptr_name": true, "at_bbc_team": true, "at_variant": true, "at_creation": true,
	// comScore.
	"ns_mchannel": true, "ns_source": true, "ns_campaign": true, "ns_linkname": true, "ns_fee": true,
	// Newsrooms: New York Times, Guardian, Condé Nast, Mail, Reuters,
	// TechCrunch, Spiegel, F.A.Z., Deutsche Welle.
	"smid": true, "smtyp": true, "smprod": true, "regi_id": true, "cmp": true, "cmpid": true, "mbid": true, "ito": true,
	"taid": true, "feedtype": true, "feedname": true, "tpcc": true, "sara_ref": true, "sara_ecid": true, "gepc": true, "maca": true,
}

// trackingPrefixes begin the names of families of such parameters.
var trackingPrefixes = []string{
	"utm_", "utm-", // Google Analytics, and whoever counts like it
	"mtm_",                      // Matomo
	"itm_",                      // campaigns within a site
	"hsa_",                      // HubSpot ads
	"at_custom", "at_recipient", // AT Internet
	"sfmc_", "bsft_", // Salesforce Marketing Cloud, Blueshift
	"amp;utm_", // an ampersand that was escaped twice
}

// isTracking says whether a query parameter only follows the reader around.
func isTracking(name string) bool {
	name = strings.ToLower(name)
	if tracking[name] {
		return true
	}
	for _, prefix := range trackingPrefixes {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// sessions holds the names, in lower case, of parameters that carry a session
// id. true: they carry nothing else; false: only what looks like one counts.
var sessions = map[string]bool{
	// Java, PHP, ColdFusion, osCommerce, Zen Cart.
	"jsessionid": true, "phpsessid": true, "cfid": true, "cftoken": true, "oscsid": true, "zenid": true,
	// Names that sites also use for stories, sections and searches.
	"sid": false, "s": false, "sess": false, "session": false, "sessionid": false, "session_id": false, "sessid": false,
}

// isSession says whether a query parameter is a session id.
func isSession(name, value string) bool {
	always, known := sessions[strings.ToLower(name)]
	return known && (always || looksLikeSession(value))
}

// objectID is how many hexadecimal digits an id of MongoDB has.
const objectID = 24

// looksLikeSession takes 16 and more letters and digits that are hexadecimal,
// or 20 and more of which at least a quarter each are letters and digits. 24 that
// are hexadecimal name what lies in MongoDB, such as a story; programs that make
// sessions make longer ones.
func looksLikeSession(value string) bool {
	hex, letters, digits := 0, 0, 0
	for i := range len(value) {
		switch c := value[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			letters++
		default:
			return false
		}
		if isHex(value[i]) {
			hex++
		}
	}
	if hex == len(value) {
		return len(value) >= 16 && len(value) != objectID && letters > 0 && digits > 0
	}
	return len(value) >= 20 && 4*letters >= len(value) && 4*digits >= len(value)
}
