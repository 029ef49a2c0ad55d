/** Made by models/training/collect-words.ts of the phrases there; not to be edited. */
export const knownWordList = `
% a a-end able about above accept acceptable acceptance accepted accepting accepts access access-list
access-lists accessible according account accounted accuse acl across act acting action activate
active acts actually add address address-table adds adjacency admin admin-state administrator advance
advertise advise affected afford after afternoon afterwards again against agent agents ages ago
agreed ah ahead ai ails aim air alarm alarms alert alerts alive all allow allowed allowing allows
alone along already alright also always am amount an analyse analyze and and-quit angry announce
another ansible ansible-playbook answer answered answering answers any anybody anymore anyone
anything anyway anywhere apparently appears application apply apply-change approval approve approved
approx approximately apt apt-get archive are area around arp arp-cache arrange arrive arrives
arriving artefacts as asap ascertain aside ask asked asking asks assess assistant at attached attack
attempts attention audio audit auditor author authorised auto-remediate available avec average
averaged avg avoid away b-end b-w back backbone backup backups backwards bad bandwidth banner based
basic basically batch be became because become been before beg began begin beginning begins behalf
behave behaves behind being believe believes belongs below besides best bet better betw between
beyond bfd bgp bgp-ls bgp-lu bgp-session bgp-wise big bigger biggest bill binary bisect bit black
black-holed blackhole blackholed blackholes blackholing blackout blame blames bleed bleeding blind
block blocked blow board bonjour book boot boss bosses bot both bother bottleneck bought bounce
bounced bounces bouncing bound box br brain branch breach break breaking breaks bridge bring broke
broken btw bucket budget buffers build built burning burst bursts bursty busy but buy by bypass byte
bytes ca cable cache calculate call called calling calls came can cannot cant cap capable capacity
caps capture card care cares carried carrier carries carry carrying case cat cause causes causing ce
ceiling center ceo certificate certificates chain chance change changed changes characterise
characterize chasing chassis cheat check check-bgp check-health check-latency check-loss check-mtu
check-status checked checking checks cheers chg chk chop chopped choppy chunks circa circuit cisco
claim claims class classified clean cleaned clear clear-bgp cleared clearing cli client clients clock
close closed cloud code codepoint coffee colleague collect colored colour coloured com come comes
coming command comment commit committed comms communicate communities community como compare complain
complaining complains complaints complete completely compute concerning condition conf confer config
configuration configure configured confirm confirmed conn connect connected connecting connection
connectivity connects consent consider consisting consists constant constate consumption contact
context contract contractual contractually control conversation convert convince convinced cope copes
coping copy core cores correct cos cost costs could count counters counts course cover cpu crackle
crash crashed crawl crawling crawls crc crcs create creator creep criterion cross cross-check crossed
crosses crossing crying culprit curious current currently customer customers cut cutoff cuts cvlan
cycle d-e-l-e-t-e dances dark dashboard data database datagram datagrams date dawdle day days ddos
deactivate dead dear debug debugging dec decide decimal declare decode decommission deep default
define degrees delai delay delayed delays delete deleted delivered delivery deny departing depends
deploy describe description desk dest destination destination-node destined detail details determine
detour dev developer device device-status df df-bit dhcp diagnose diagram did die died dies diff
difference diffserv dig direct direction directly disable disabled disappear disappeared disappearing
disappears discarded discards discover discovery discussed disk display disregard dns do docker does
doesnt dog doing domain done dont door double double-check doubled doubt down downloads draft
dragging drags drain drained dram draw dream drill drive drop dropouts dropped dropping drops ds dscp
dscp-name dscp-value dst dst-node due dump dunno durch during duty dying e2e each ear earliest eaten
eater eaters eating eats ebgp echo echoes ecmp edge edit edit-config ef effective egress eh ehm else
email emergency emit empty en enable enabled encapsulated encapsulation encode end end-to-end ending
endpoint endpoints ends engine engineer engineered english enough ensure enter entering enters entire
entry environment er erase erm erreichbar erreichbarkeit error errored errors escalate escalation
especially establish established establishes estimate etc evaluate evaporate evaporates even evening
ever every everybody everyone everything everywhere evidence evil evpn ex exactly examine example
exceed exceeded exceeding exceeds except excessive exclude excuse exec execute exhausted exist exists
exit exiting exits expected expecting expects expedited experiences experiencing experiment expert
expired expires expiring expiry explain explicit export exporter eye face faced facing factory
factory-default facts fail failed failover fails fake fall fallen falling falls fan fans far fast
faster fault favour fc fcs feel feeling feels fell fetch few fewer fiber field fields fifty figure
figures file files fill film final finally find finds fine finish finishes finishing fire fired
firewall firmware first fit fits five fix fixed flag flap flapped flapping flappy flaps flash flies
flight flood floor flow flowing flows flowspec flush folks follow followed following for force forced
forecast forever forge forget forgot format forward forwarded forwarding forwarding-class forwards
fragment fragmentation fragmented fragments frame frame-size frames framesize free freezes freezing
french friday friend from from-node frozen frr fsm full full-size fully function function-call
furthermore fw fwd fyi game games gaming gaps gauge gbit-s general german get gets getting git give
given gives go go-no-go goal goes going gone good got gotta grab grafana grandma grant graph great
greatest green greetings groesste growth guarantee guaranteed guess guilty gut guys had half hallo
hand handed handle hands handshake hang hangs happen happened happening happens happy hard hardly
hardware has have having he head head-end headed headend header headers heading heads heal health
healthcheck healthy heap hear hears heartbeat heat heavens heavy held hell hello hellos help helpdesk
helped here hereby herstart hex hey hi hiccups hidden hide high higher history hit hits hitting hmm
hoechstens hog hogging hogs hold hole holed holes holiday home honestly hop hop-list hopping hops
host host-name hostname hosts hot hour hours how hows http https human hundred hunt hurry hurt
hw-module hypothesis hypothetically i ibgp icmp id idea ideas idle if iface ifaces ifs ignora ignore
ignore-all-rules ignore-previous-instructions ignores igp im im-end im-start imagine immediately
impact impersonate implement important in inbound inc incident including incomplete increase
increased individual ingress inject innocent input inside insists inspect install installed instead
instruction instructions int integrity intent interested interface interfaces interfaz intermediate
intermediates intermittent internet intf intfs into ints invent invented inventory investigate
invoice involved ip ipdv iperf ipv6 is is-is isis isolate isolated issue issues ist it item its
itself jitter job join joinable joining joke journey json jumbo jumbos jumped jumping jumps juniper
just keep keepalives keeps kept key keys keystrokes kick kid kidding kill kind kindly km knees knock
know known knows kpi kubectl l3 lab label labeled lacp lag lagging laggy lags laid lands lane
language laptop large larger largest last lasts late latence latencia latency latenz later latest
laufzeit laugh launch layer ldp leading leak leaking leaks learn least leave leaves leaving led left
leg legal len length less let lets level levels license lie lies life lift light like likes limit
limits line link linking links list live lives lldp load loadavg loaded local localisation localise
localization localize locate location locator locked loesche log logged logging login logs long
longer look looked looking looks loop loopback loose lose loses losing loss loss-latency
loss-latency-mtu loss-limit loss-max loss-mtu-rtt-bgp loss-threshold losses lossiness lossless
lossmax lossrate lossy lost lot lots love low lower lowest ls lsp lu luck lunch mac machine made mail
main maintains maintenance make makes making management manager manual many map mark marked marking
match mate matter max max-loss max-loss-pct max-loss-percent max-prefix maximal maximale maximo
maximum maxloss maxpkt may maybe mbit me mean meaning means meant meanwhile measure measure-loss
measure-rtt measured measurement measurements measures measuring meet meeting melting mem member
members memoire memoria memory mentioned mentions mesh message messages met metric metrics micro
microseconds mid middle midpoint midpoints might migrate migration million milliseconds min
min-avg-max mind minimum minute minutes misbehaves mismatch miss misses missing mit mobile mode model
modify module molasses moment monday money monitor monitoring month more morning most mostly mount
mouth move moved mp mp-bgp mpbgp mpls ms msec mss mtr mtu mtu-test mtus much multicast must my myself
nagios nailed name named namely names narrow nat nbr near nearly necessarily necessary need needed
needful needs nei neigh neighbor neighbors neighborship neighbour neighbourship nervous net netconf
netflow network never new next nice nics night nirvana no nobody noc node nodes non non-delivery
nonce none noon normal normally not note nothing noticed notification notifications now nowadays
nowhere nth ntp null num num-packets num-probes number numbers obey objective observation observe
observed obviously occasional occurs octet octets odd oddly of off offer office offline often oh ok
okay old on on-call once one one-way ones online only onward onwards oom open openconfirm opened
opensent operational operations operator opposite optical optics or order ordered orders origin
originated originates originating ospf other others otherwise ought our ours out outage outbound
output outwards over overall overhead overheating overlay overload overloaded override overrides
oversize oversized overview overwrite owd owe own owner pacchetti packet packet-count packet-loss
packet-size packetloss packets packetsize pad padded padding page pages paid painfully pair paketen
paketgroesse paketverlust paketverluste paquet paquete paquetes paquets parameters parse part partial
partly pasando pass pass-fail passant passes passing passwd password passwords past pastebin patch
patched path path-latency path-loss path-mtu paths pay payload payloads pays pc pct pe peaks peek
peer peering peers penalty people per percent percentage percentile perdida perdidas perdita perform
permission permit permits permitted pertes pes phb phone phones physical physiques pick picks picture
piece pieces pim pin ping pingable pinged pinging pings pingtest pinned pinpoint pixelated pixelates
pizza pkt pkt-loss pkt-size pktloss pkts pktsize pl place plan plane play playbook playing please plr
pls plug plus plz pm pmtu pmtud poem point points poke police policer policy policy-map poll port
ports possible post post-check power pre pre-approved pre-check precisely predict prefer preference
prefix prefix-list prefixes prepend pressure pretend previous price primary print printer prio
priority private probably probe probe-count probes problem problems proceed procesador process
processeur processor program promise promised prompt proof propagation protected protocol protocols
prove provision prozessor prueba ps pse psu pull push put python qos qty qualify quantify quarter
query question questions queue queueing quick quickly quietly quit quote r-e-b-o-o-t rack radio rains
raise raised raises ram random rate rates rather ratio raw re re-check re-enable re-mark reach
reachability reachable reached reaches reaching reacts read read-only reading readings real really
reason reboot rebooted rebooting receive received receiver receives receiving recheck recite record
recovered red redemarre redirect reduce ref reflector refuse refuses refusing regard regarding
regards region reinicia relation relationship relay relayed relays reload reloaded remain remaining
remains remark remediate remember remind remote remove removed renew repair repaired repeat
repetitions replace replaced replay replication replies reply reponse report reported reports req
request requesting required requires reroute rerouted rerun reseat reset resets resetting resolve
respond responding responds response responses responsibility responsive responsiveness rest restart
restarted restarts restconf restore restrictions result retardo retransmissions retransmits
retransmitted return reveal reverse revert review revoke rewrite rf rgds rid rides right rights rise
rm road role roles roll rollback rolled room root rose roughly round round-trip rounds roundtrip
route route-map routed router routergpt routers routes routeur routing routing-options rp rpki rsvp
rsvp-te rtp rtr rtt rtts rule rules run runbook running running-config runs rush rx rx-tx safe safety
said sake same sample samples sandbox sanity saturate save saw say saying says scan scenario schalte
schedule schnittstellen scope scp screaming screens script search season second seconds secret
secrets section security see seem seems seen sees segment segment-list segment-routing segments sell
send sender sending sends sent sentence separate separately sequence serial server servers serves
service sess session sessions set setup sev severe severity sfp sh shaky shall shape share shedding
sheds shell shift shoot shop short shortest shots should shout show shows shrink shut shutdown sick
sid side sids sight sign sign-off signal signalled signalling signature signatures signed signs
silence silent silently simply simulate since sing single sir sirs sit site sites sitrep sits sitting
situation size size-bytes sized sizes skip skip-measure sla slo slot slow slower slowest slowish
slowly slowness slows sluggish small smaller smallest smart smell smells smoke snapshot sniff snmp
snmp-server so soft software solid solve some somebody someone something sometimes somewhere song
soon sorry sort source source-node sourced span spanning spanning-tree spare speak speaker speaking
speaks speed spegni speicher spell spend spikes sporadic spot squeeze sr sr-te src src-node srv6 ssh
stable staff stall stalls stamp stamped stand standing stands start started starten starting starts
startup startup-config state states static stations statistics stats status stay stays steady
stealing steer steered steers step still stock stop stopover stopped stopping stops stopwatch storage
story stp straight strange strangely stream streams stress stretch strict strictly struggling stuck
study stuff stutter stutters subject subnet subscribers such sudo suffer suffering suffers summarise
summarize summary support supported supports supposed sure survey survive survives suspect suspected
suspects suspicion swallowed swallows swap swapped swear swears sweep switch switched symptom sync
sys syslog system systemctl ta table tagged tail tail-end taille take taken takes taking talk talking
talks tamano target task tc tcp tcpdump te teach team tear tech-support technician tell tells telnet
temperature template temps ten tenant tenants tenth terminal terminated terminates terminating terms
terraform test tested tests text th than thank thanks that thats the their theirs them themselves
then theory there these they thing things think thinks third this though thousand three threshold
threw through throughput throw throwing thrown throws thru thx ti-lfa ticket tickets tied till time
timed timeouts timer times timing tired title tls to to-node toast today todo told tolerable
tolerance tolerate tolerated tolerates tolerating tomorrow tonight too tool tool-call top topic
topology tops torn tos tossed total touch touched touches touching toward towards trace traceroute
track trading traffic traffic-class train training transfers transit transiting transits translate
translated transmission transmit transport trap travel traveling travelling travels traverse
traverses traversing treat treated tree tried tries trigger trip trips trouble troubleshoot
troubleshooting truck true trunk trust trusted truth try ts tt tune tunnel turn turned twenty two
two-way tx type typical typing udp ueber ugly uh um umm unable unacceptable unaccounted unanswered
unblock undelivered under understand undo unexpected unexplained unfragmented unhappy unicast unit
units unknown unless unplug unreachable unstable unsupported until unusual unusually up up-down
update updated upgrade upgraded uplink upload upper upstream uptime urgent urgently us usable usage
use used useless user users uses using usual usually utc util utilisation utilization vacation valid
validate value values vanish vanished vanishes vanishing variation varies vendor ver verdict verif
verification verified verify verify-loss version very via via-list video view violation visible
visiting visits vital vitals vlan vlans voice void voip vpn vpnv4 vrf vs vxlan wait waiting waits
wanna want wanted wants warn was wastage watch way waypoint waypoints wayside we weather web website
wed week weekend weights well went were weve what whatever whats when whenever where whether which
while who whole whom whose why wide wifi will window wipe wire wise with withdraw withdrew within
without wobbly won wonder wondering wont word words work worked working works world worried worries
worry worse worst would wr wred write writes wrong wrote yeah year yes yesterday yesterdays yet yo
yo-yoing yoing you your youre yours yourself z-end zabbix zero zeroize
`;
