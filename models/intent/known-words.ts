/** Made by models/training/collect-words.ts of the phrases there; not to be edited. */
export const knownWordList = `
% a a-end able about above accept acceptable acceptance accepted accepting accepts access
access-lists accessible according account accounted accuse acl across act acting action active acts
actually add address adds adjacency admin administrator advance advertise advise affected afford
after afternoon afterwards again against agent agents ages ago agreed ah ahead ails aim air alarm
alarms alert alive all allow allowed allowing allows along already alright also always am amount an
analyse analyze and angry announce another answer answered answering answers any anybody anymore
anything anyway anywhere apparently appears application apply approval approve approved approx
approximately are area around arp arrange arrive arrives arriving artefacts as asap ascertain aside
ask asked asking asks assess assistant at attack attempts audio audit authorised available avec
average averaged avg away b-end b-w back backbone backup backups backwards bad bandwidth based basic
basically batch be became because become been before began begin beginning begins behalf behaves
behind being believe believes belongs below best bet better betw between beyond bfd bgp bgp-ls bgp-lu
bgp-session bgp-wise big bigger biggest bill binary bisect bit black black-holed blackhole blackholed
blackholes blackholing blackout blame bleed bleeding blind block blocked blow bonjour book boss
bosses bot both bother bottleneck bought bounce bounces bouncing bound box br brain branch breach
break breaking breaks bridge bring broke broken btw bucket budget buffers build built burning burst
bursts bursty busy but buy by bypass byte bytes ca cable cache call called calling calls came can
cannot cant cap capable capacity caps card care cares carried carries carry carrying case cause
causes causing ce ceiling center ceo certificate certificates chain chance change changed
characterise characterize chasing check check-bgp check-health check-latency check-loss check-mtu
check-status checked checking checks cheers chg chk chop chopped choppy chunks circa circuit cisco
claim claims class classified clean cleaned clear cleared clearing cli client clients clock closed
cloud code codepoint coffee colleague collect colored colour coloured com come comes coming command
comment commit committed comms communicate community como compare complain complaining complains
complaints complete completely concerning condition conf confer config configuration configure
configured confirm conn connect connected connecting connection connectivity connects consider
consisting consists constant constate consumption contact context contract contractual contractually
control convince convinced cope copes coping copy core cores correct cos cost costs could count
counters counts cpu crackle crash crashed crawl crawling crawls crc crcs create creep criterion cross
cross-check crossed crosses crossing crying culprit curious current currently customer customers cut
cutoff cuts cvlan cycle dances dark dashboard data database datagram datagrams date dawdle day days
ddos dead dear debug debugging dec decide decimal decode deep default degrees delai delay delayed
delays delete deleted delivered delivery departing depends description desk dest destination
destination-node destined detail details determine detour dev developer device device-status df
df-bit dhcp diagnose did die died dies diff difference diffserv dig direct direction directly disable
disabled disappear disappeared disappearing disappears discarded discards discover discovery
discussed disk display disregard dns do does doesnt dog doing done dont door double double-check
doubled doubt down downloads dragging drags drain drained dram draw drill drop dropouts dropped
dropping drops ds dscp dscp-name dscp-value dst dst-node due dump dunno durch during duty dying e2e
each ear earliest eaten eater eaters eating eats ebgp echo echoes ecmp edge ef effective egress eh
ehm else email emit empty en enable enabled encapsulated encapsulation end end-to-end ending endpoint
endpoints ends engine engineer engineered english enough ensure enter entering enters entire entry er
erase erm erreichbar erreichbarkeit error errored errors escalate escalation especially establish
established establishes estimate etc evaluate evaporate evaporates even evening ever every everybody
everyone everything everywhere evidence evil evpn ex exactly examine example exceed exceeded
exceeding exceeds except excessive exclude excuse exec execute exhausted exists exit exiting exits
expected expecting expects expedited experiences experiencing expired expires expiring expiry explain
explicit exporter eye face faced facing facts fail failed failover fails fake fall fallen falling
falls fan fans far fast fault favour fc fcs feel feeling feels fell fetch few fewer fiber field
fields fifty figure figures files fill finally find finds fine finish finishes finishing fire fired
firewall firmware first fit fits five fix fixed flag flap flapped flapping flappy flaps flies flight
flood floor flow flowing flows flowspec folks follow followed following for forced forever forge
forget forgot forward forwarded forwarding forwarding-class forwards fragment fragmentation
fragmented fragments frame frame-size frames framesize free freezes freezing french friday from
from-node frozen fsm full full-size fully furthermore fw fwd fyi game games gaming gaps gauge gbit-s
general get gets getting give given gives go go-no-go goal goes going gone good got gotta grab
grafana grandma grant great greatest green greetings groesste guarantee guaranteed guess guilty gut
guys had half hallo handed handle hands handshake hang hangs happen happened happening happens happy
hardly hardware has have having he head head-end headed headend header headers heading heads heal
health healthcheck healthy heap hear hears heartbeat heat heavens heavy held hell hello hellos help
helpdesk helped here hereby hey hi hiccups hidden hide high higher history hit hits hitting hmm
hoechstens hog hogging hogs hold hole holed holes home hop hop-list hopping hops host hostname hosts
hot hour hours how hows http https human hundred hunt hurt hypothesis i ibgp icmp id idea ideas idle
if iface ifaces ifs ignore ignores im im-end im-start imagine immediately impact important in inbound
inc incident including incomplete increase increased individual ingress inject input inside insists
inspect install installed instead instruction instructions int integrity intent interested interface
interfaces interfaz intermediate intermediates intermittent internet intf intfs into ints invent
inventory investigate invoice involved ip ipdv iperf ipv6 is is-is isis isolate isolated issue issues
ist it item its itself jitter job join joinable joining joke journey jumbo jumbos jumped jumps
juniper just keep keepalives keeps kept key keys keystrokes kick kid kidding kill kind kindly km
knees knock know known knows kpi l3 labeled lacp lag lagging laggy lags laid lands lane laptop large
larger largest last lasts late latence latencia latency latenz later latest laufzeit laugh launch
layer ldp leading leak leaking leaks least leave leaves leaving led left leg len length less let lets
level license lie lies life light like likes limit limits line link linking links list live lives
lldp load loadavg loaded local localisation localise localization localize locate location locked log
logged logs long longer look looked looking looks loopback loose lose loses losing loss loss-latency
loss-latency-mtu loss-limit loss-max loss-threshold losses lossiness lossless lossmax lossrate lossy
lost lot lots love low lower lowest ls lsp lu mac machine made mail main maintains maintenance make
makes making management manager many map mark marked marking match mate matter max max-loss
max-loss-pct max-loss-percent max-prefix maximal maximale maximo maximum maxloss maxpkt may maybe
mbit me mean meaning means meant measure measure-loss measure-rtt measured measurement measurements
measures measuring meet meeting melting mem member members memoire memoria memory mentioned mentions
message messages met metric metrics micro microseconds mid middle midpoint midpoints might migration
milliseconds min min-avg-max mind minimum minute minutes misbehaves mismatch miss misses missing mit
mobile mode model molasses moment monday money monitor monitoring more morning most mostly mount
mouth move moved mp mp-bgp mpbgp mpls ms msec mss mtr mtu mtu-test mtus much multicast must my myself
nagios nailed name named namely names narrow nbr near nearly necessary need needed needful needs nei
neigh neighbor neighbors neighborship neighbour neighbourship nervous net netconf network never new
next nice nics night nirvana no nobody noc node nodes non non-delivery noon normal normally not note
nothing noticed notification notifications now nowhere nth ntp num num-packets num-probes number
numbers obey objective observation observe observed occasional occurs octet octets odd oddly of off
offer office offline often oh ok okay old on on-call once one one-way ones online only onward onwards
oom open openconfirm opened opensent operational operator optical optics or order ordered origin
originated originates originating ospf other others ought our ours out outage outbound output
outwards over overall overhead overheating overlay overload overloaded override oversize oversized
overview owd own owner pacchetti packet packet-count packet-loss packet-size packetloss packets
packetsize pad padded padding pages paid painfully pair paketen paketgroesse paketverlust
paketverluste paquet paquete paquetes paquets part partial partly pasando pass pass-fail passant
passes passing password passwords past pastebin patch patched path path-latency path-loss path-mtu
paths pay payload payloads pays pc pct pe peaks peek peer peering peers penalty people per percent
percentage percentile perdida perdidas perdita perform permission permit permits permitted pertes pes
phb phone phones physical physiques pick picks picture piece pieces pim pin ping pingable pinged
pinging pings pingtest pinned pinpoint pixelated pixelates pizza pkt pkt-loss pkt-size pktloss pkts
pktsize pl place plan plane play playing please plr pls plug plus plz pm pmtu pmtud poem point points
poke police policy poll port ports possible post post-check power pre-approved pre-check precisely
prefer prefix prefixes pressure pretend previous price primary print printer prio priority private
probably probe probe-count probes problem problems procesador process processeur processor promise
promised prompt proof propagation protected protocol prove prozessor prueba pse psu pull push put qos
qty qualify quantify quarter query question queue queueing quick quickly quit quote radio rains raise
raised raises ram random rate rates rather ratio raw re re-check re-enable re-mark reach reachability
reachable reached reaches reaching reacts read reading readings real really reason reboot rebooted
receive received receiver receives receiving recheck record recovered red reduce ref reflector refuse
refuses regard regarding regards region relation relationship relay relayed relays reload reloaded
remain remaining remains remark remote remove removed repair repeat repetitions replace replaced
replication replies reply reponse report reported reports req request requesting required requires
reroute rerouted rerun reset resets resetting respond responding responds response responses
responsive responsiveness restart restarted restarts restore restrictions result retardo
retransmissions retransmits retransmitted return reveal reverse revert review rf rgds rid rides right
rights rise rm road role roll rollback rolled room root rose roughly round round-trip rounds
roundtrip route routed router routergpt routers routes routeur routing rp rpki rsvp rsvp-te rtp rtr
rtt rtts rule rules run runbook running running-config runs rush rx rx-tx safety said sake same
sample samples sanity saw say saying says scan scenario schnittstellen scope scp screaming screens
script search season second seconds secret secrets section security see seem seems seen sees segment
segment-list segments sell send sender sending sends sent separate sequence serial server servers
serves service sess session sessions set setup sev severe severity sfp sh shaky shall shape share
shedding sheds shell shift shoot shop short shortest shots should shout show shows shrink shut
shutdown sick sid side sids sight sign sign-off signalled signalling signature signatures signs
silent silently since sing single sir sirs sit site sites sitrep sits sitting situation size
size-bytes sized sizes skip sla slo slot slow slower slowest slowish slowly slowness slows sluggish
small smaller smallest smell smells smoke snapshot sniff snmp so soft software solid solve some
somebody someone something sometimes somewhere song soon sorry sort source source-node sourced spare
speak speaker speaks speed speicher spell spend spikes sporadic spot squeeze sr sr-te src src-node
srv6 ssh stable staff stall stalls stamp stamped stand standing stands start started starting starts
state states static stations statistics stats status stay stays steady stealing steer steered steers
step still stop stopover stopped stopping stops stopwatch storage story straight strange strangely
stream streams stress stretch strict struggling stuck study stuff stutter stutters subject
subscribers such sudo suffer suffering suffers summarise summarize summary support supported supports
supposed sure survey survive survives suspect suspected suspects suspicion swallowed swallows swap
swapped swear swears sweep switch switched symptom syslog system ta table tagged tail tail-end taille
take taken takes taking talk talking talks tamano target task tc tcp te team technician tell tells
temperature temps ten tenant tenants tenth terminates terminating terms test tested tests text th
than thank thanks that thats the their theirs them themselves then theory there these they thing
things think thinks third this though thousand threshold threw through throughput throw throwing
thrown throws thru thx ticket tied till time timed timeouts timer times timing tired title tls to
to-node toast today todo told tolerable tolerance tolerate tolerated tolerates tolerating tomorrow
tonight too top topic topology tops torn tos tossed total touch touched touches touching toward
towards trace traceroute track trading traffic traffic-class train training transfers transit
transiting transits translate transmission transmit transport trap travel traveling travelling
travels traverse traverses traversing treat treated tries trigger trip trips trouble troubleshoot
troubleshooting truck true trunk trust trusted try ts tt tunnel turn turned twenty two two-way tx
type typical typing udp ueber ugly uh um umm unable unacceptable unaccounted unanswered unblock
undelivered under understand unexpected unexplained unfragmented unhappy unicast unit units unknown
unless unreachable unstable until unusual unusually up up-down update updated upgrade upgraded uplink
upload upper upstream uptime urgent urgently us usable usage use used useless user users uses using
usual usually utc util utilisation utilization valid validate value values vanish vanished vanishes
vanishing variation varies vendor ver verdict verif verification verified verify verify-loss version
very via video view violation visible visiting visits vital vitals vlan vlans voice voip vpn vpnv4
vrf vs vxlan wait waiting waits wanna want wanted wants warn was wastage watch way waypoint waypoints
wayside we weather web website wed week weekend well went were weve what whatever whats when whenever
where whether which while who whole whom whose why wide wifi will window wipe wire wise with withdrew
within without wobbly wonder wondering wont word work worked working works worried worries worry
worse worst would wred write writes wrong wrote yeah year yes yesterday yesterdays yet yo yo-yoing
yoing you your yourself z-end zabbix zero zeroize
`;
