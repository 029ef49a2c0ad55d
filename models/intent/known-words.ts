/** Made by models/training/collect-words.ts of the phrases there; not to be edited. */
export const knownWordList = `
% a a-end able about above accept acceptable accepted accepts access access-lists accessible
accounted accuse acl across act acting action active add address adds adjacency admin administrator
advance advertise affected after afterwards again agent agents ages ago agreed alarm alarms alert
alive all allow allowed allows along already alright also always am amount an analyse analyze and
angry answer answered answers any anybody anymore anything application apply approval approve
approved approx approximately are around arp arrive arrives arriving artefacts as asap ascertain
aside ask asked asking asks assess assistant at attack attempts audio audit available average avg
away b-end b-w back backup backups bad bandwidth basic batch be became because been before began
begin beginning begins behaves behind being below best betw between beyond bfd bgp bgp-ls bgp-session
big bigger biggest binary bisect bit black black-holed blackhole blackholed blackholes blackholing
blame bleeding block bob bonjour book boss both bother bottleneck bought bounce bounces bouncing box
br branch breach break breaking breaks bridge bring broken btw bucket budget burst bursts bursty busy
but buy by bypass byte bytes cache call called calls came can cannot cant cap capable capacity
carried carry case cause causes causing ceiling center ceo certificate certificates chance change
changed characterise characterize chasing check checked checking checks cheers chg chk chopped choppy
circuit cisco class classified clean clear client clock code codepoint colleague collect colored
coloured com come comes coming command comment commit communicate compare complain complaining
complains complaints complete completely concerning condition conf confer config configuration
configure configured confirm conn connect connected connecting connection connectivity connects
consider consisting consists consumption contact context contract control copy core cores correct cos
cost could count counters counts cpu crash crawl crawling crc create creep cross cross-check crosses
crossing culprit curious current cust customer customers cut cuts cycle dashboard data database
datagram datagrams day days ddos dead dear debug debugging dec decide decimal deep default delay
delayed delays delete deleted delivered delivery departing description dest destination destined
detail details determine developer device device-status df df-bit dhcp diagnose did die died dies
diff difference diffserv dig direct direction directly disable disappear disappeared disappearing
disappears discarded discards discover discovery discussed disk display disregard dn dns do does
doesnt doing done dont double double-check down downloads drain drained draw drill drop dropouts
dropped dropping drops ds dscp dst dst-node dump dunno dying e2e each eaten eater eaters eating eats
ebgp echo echoes ecmp ef effective egress else email emit en enable end end-to-end ending endpoint
ends engine enough ensure enter entering enters entire erase error errors escalation especially
establish established establishes estimate etc evaluate evaporate evaporates even evening every
everybody everything evil evpn ex exactly examine example exceed exceeding exceeds excessive exclude
execute exhausted exiting exits expected expecting expedited experiences experiencing expired explain
explicit eye fail failed fails fall falls fans far fast fault fcs feel feels fetch few fewer field
fields fifty figure figures fill finally find fine finish finishing fire fired firewall firmware
first fit fits five fix fixed flap flapped flapping flappy flaps flies flight flood floor flow
flowing flows folks follow followed following for forced forge forget forwarding fragment
fragmentation fragmented fragments frame frames free freezes french from from-node frozen fsm full
fully fyi gaming gaps gauge general get gets getting give given go goal goes going gone good got
gotta grab grafana great greetings guilty guys had half hallo handle handshake hang hangs happen
happened happening happens hardly has have having head head-end headend heads health healthy heap
hear hears heavy hell hello hellos help here hey hi hiccups hidden hide high hit hmm hog hogging hogs
hold hole holed holes home hop hopping hops host hostname hot hours how hows http https human hundred
hunt i ibgp icmp id idea ideas idle if iface ifaces ifs ignore im im-end im-start imagine immediately
impact important in inc incident incomplete increase increased ingress inject input inspect install
installed instead instruction instructions int integrity intent interested interface interfaces
intermediate intermediates intermittent internet intf into ints inventory investigate involved ip
ipdv iperf ipv6 is is-is isis isolate isolated issue issues it its itself jitter job joining joke
journey jumbo jumbos jumped juniper just keep keepalives keeps key keys kick kill kind kindly knock
know knows l3 lacp lag laggy lags lands lane laptop large larger largest last late latency later
latest launch layer ldp leading leak leaking leaks least leave leaves leaving left leg len length
less let lets level license lie life light like limit limits line link linking links list live lldp
load loaded local localisation localise localization localize locate location locked log logged logs
long longer look looked looking looks loopback lose loses losing loss loss-limit loss-max losses
lossiness lossless lossmax lossrate lossy lost lot love low lower lowest ls lsp mac made mail
maintenance make makes management many mark marked marking mate matter max max-loss maximal maximum
maxloss may maybe me mean meaning means measure measurement measurements measures measuring meeting
mem memory message messages metric metrics micro mid middle midpoint might migration milliseconds min
min-avg-max mind minimum minute minutes mismatch misses missing mobile mode model monday monitor
monitoring more morning most mostly move mp mp-bgp mpls ms msec mss mtr mtu mtus much multicast must
my myself name named namely names narrow nb nbr necessary need needed needs nei neigh neighbor
neighbors neighborship neighbour neighbourship network never new next nice nics night nirvana no
nobody noc node nodes non non-delivery noon normal not note nothing notification now nowhere nth ntp
number numbers obey objective observe occasional octet octets of off offline often ok okay old on
on-call once one one-way ones only oom open openconfirm opened opensent operator optical optics or
order ordered origin originated originating ospf other our ours out outage output over overall
overheating overloaded override oversize oversized overview own owner packet packet-count packet-loss
packet-size packetloss packets packetsize pad padded pages pair part partial partly pass pass-fail
passes passing password passwords pastebin path path-latency path-loss path-mtu paths pay payload pct
pe peaks peek peer peering peers per percent percentage percentile perform permission permit permits
permitted phb phone pieces pim ping pingable pinged pinging pings pingtest pinned pinpoint pixelated
pixelates pkt pkt-loss pktloss pkts pktsize pl place plan plane play please pls plus plz pm pmtu
pmtud poem point poke policy poll port ports possible power precisely prefer prefixes pressure
pretend previous price primary print printer priority private probably probe probe-count probes
problem problems process processor promised prompt propagation protected protocol prove pull push put
qos qty qualify quantify query question queue queueing quick quickly raise ram random rate rates
ratio raw re re-check reach reachability reachable reached reaches reaching read reading readings
real really reason reboot rebooted receive received receiver receives recheck record red reduce ref
reflector regarding regards relation relationship reload reloaded remote remove removed repair repeat
repetitions replace replaced replication replies reply report reports req request requesting required
requires reroute rerun reset resets resetting respond responds response responses responsive
responsiveness restart restore restrictions result retransmissions retransmits retransmitted return
reveal revert review rf right rm road role roll root roughly round round-trip rounds roundtrip route
routed router routers routes routing rp rsvp rsvp-te rtp rtt rtts rule rules run runbook running
running-config runs rush rx rx-tx safety said same sample samples sanity say says scan scenario scope
scp script search second seconds secret secrets section security see seems seen sees segment
segment-list segments send sender sending sends sent sequence serial server servers service sess
session sessions set setup severe severity sh shall shape shedding sheds shell shift shoot shop short
shortest should shout show shows shut shutdown sick sid side sight sign sign-off signature signatures
signs silent silently since single sit site sites sits size size-bytes sized sizes skip sla slo slot
slow slower slowish slowly slowness slows sluggish small smaller smallest snapshot sniff snmp so
software some somebody someone something sometimes somewhere sorry source sourced speak speaks speed
spend spikes sporadic spot sr sr-te src src-node srv6 ssh stable stall stalls standing start started
starting starts state states static statistics stats status stay stays stealing steered steers step
still stop stopped stopping stops stopwatch storage strange strangely stream stress stretch strict
struggling stuck study stuff subject suffer suffers summarize summary support supported sure survey
survive survives suspect suspected suspicion swallowed swallows sweep switch symptom syslog system
table tagged tail tail-end take takes taking talk talking talks target task tc tcp te team tell
temperature ten tenth terminating terms test text th than thank thanks that thats the their them then
there they thing things think third this thousand threshold through throughput throwing thrown throws
thru thx ticket time timed timeouts timer times timing title tls to to-node toast today todo told
tolerable tolerance tolerate tolerated tolerates tomorrow tonight too top topic topology tos tossed
total touch touching toward towards trace traceroute track trading traffic traffic-class train
training transfers transit transiting transits translate transmission transmit transport travel
traveling travelling traverses traversing treat treated tries trigger trip trips trouble troubleshoot
troubleshooting true trust trusted try ts tt tunnel turn twenty two two-way tx type udp unable
unacceptable unaccounted unanswered undelivered under understand unexpected unexplained unfragmented
unhappy unicast unit units unreachable unstable until up up-down update updated upgrade upgraded
uptime urgent urgently us usable usage use used user users uses using usual utc util utilisation
utilization validate value values vanish vanished vanishes vanishing variation vendor ver verif
verification verify version very via video view violation visible vital vitals vlan vlans voice voip
vpn vpnv4 vrf vx vxlan wait waiting waits wanna want wanted wants warn was watch way waypoint
waypoints we weather web website wed week well went were weve what whatever whats when whenever where
whether which while who whole whose why wifi will with without wonder wondering wont word work worked
working works worried worst would wred write wrong year yes yesterday yet yo you your yourself z-end
zero
`;
