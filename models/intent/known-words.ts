/** Made by models/training/collect-words.ts of the phrases there; not to be edited. */
export const knownWordList = `
% a a-end able about above accept acceptable access access-lists accessible acl across act acting
action active add address adds adjacency admin administrator advance affected after again ages ago
agreed alarm alarms alert alive all allow allowed allows along already alright also always am an
analyse analyze and angry answer answers any anybody anymore anything application apply approval
approve are around arp arrive arrives arriving as asap ascertain asking asks assess assistant at
audit average avg away b-end b-w back backup backups bad bandwidth basic be became because before
began begin beginning begins behaves behind being below best betw between beyond bfd bgp bgp-session
big biggest bit black black-holed blackhole blackholed blackholes blackholing blame bleeding block
bob bonjour book boss both bother bounce bounces bouncing box br branch breaking bridge bring broken
btw bursts bursty busy but by bypass byte bytes cache call called calls came can cannot cant carry
case cause causes causing center certificate chance change changed characterise characterize chasing
check checked checking checks cheers chg choppy circuit class clean clear code codepoint colleague
collect coloured com come comes coming command commit communicate compare complain complaining
complains complaints complete completely concerning confer config configuration configure confirm
connect connected connecting connection connectivity connects consider consisting consists
consumption contact context contract control core correct cos could count counters cpu crawling crc
create cross cross-check crosses crossing culprit curious current cust customer customers cut
dashboard data database datagrams day days dear debug debugging deep default delay delayed delays
delete delivery departing dest destination destined detail details determine developer device
device-status df diagnose did die dies diffserv dig direct direction directly disable disappear
disappearing disappears discarded discards discover discovery discussed disk display disregard dn dns
do does doesnt doing dont double double-check down downloads drain draw drill drop dropped dropping
drops ds dscp dst dst-node dunno dying e2e each eaten eating eats ebgp ef effective egress else email
en enable end end-to-end ending endpoint ends enough ensure enter entering enters entire error errors
escalation especially establish established estimate evaluate evaporate evaporates evening every
everything evil ex exactly examine example exceed exceeding exceeds excessive exclude execute
exhausted exiting exits expected expecting expedited experiences experiencing expired explain
explicit eye fail failed fall falls far fast fault feel feels fetch few field fields fifty figure
figures finally find fine finish finishing fire fired firewall firmware first fit fits five fix flap
flapped flapping flaps floor flow flowing flows folks followed following for forced forget forwarding
fragmentation fragmented frame frames free freezes from from-node fsm full fyi gaming gaps gauge get
gets getting give given go goal goes going gone good got gotta grab grafana great greetings guys half
hallo hangs happen happened happening happens hardly has have having head head-end headend heads
health healthy heap heavy hello help here hey hi high hmm hold hole holed holes home hop hopping hops
host hot hours how hows http https human hundred hunt i ibgp id idea ideas idle if iface ifaces
ignore im im-end im-start immediately in inc incident incomplete increase increased ingress input
inspect install instructions integrity intent interested interface interfaces intermediate
intermediates intermittent internet intf into inventory investigate involved ip iperf ipv6 is is-is
isis isolate isolated issue issues it its jitter job joining journey jumbo jumbos jumped just keep
keeps keys kick kill kind kindly know knows l3 lag laggy lags lane large largest last late latency
latest launch layer ldp leading leak leaking leaks least leave leaves leaving left leg len length
less let lets level license light like limit line link linking links list live load loaded local
localise localize locate location log logged logs long longer look looked looking looks lose loses
losing loss loss-max losses lossiness lossless lossrate lossy lost lot love low lower lsp mac made
maintenance make makes management many mark marked marking mate matter max max-loss maximal maximum
maxloss may me mean meaning means measure measurement measurements meeting mem memory message metric
metrics mid middle midpoint might milliseconds min min-avg-max mind minimum minute minutes mismatch
misses missing mode model monday monitor monitoring more morning most move mp mp-bgp mpls ms mtr mtu
much must my myself name named namely names narrow nb nbr necessary need needed needs neigh neighbor
neighbors neighborship neighbour neighbourship network never new next nics night no nobody noc node
nodes noon normal not nothing notification now nowhere nth ntp number numbers obey objective observe
occasional octet octets of off ok okay on on-call once one one-way ones only open opened optical
optics or order origin originated originating ospf other our ours out outage output over overloaded
override packet packet-count packet-loss packet-size packetloss packets packetsize pair part partial
partly pass passes passing password pastebin path path-latency path-loss path-mtu payload pct pe peek
peer peering peers per percent percentage perform permits permitted phb ping pingable pinged pings
pinned pinpoint pkt pkt-loss pktloss pkts pktsize pl place plane play please pls plus plz pm pmtu
pmtud point poke policy poll port ports possible power prefer pretend previous price primary print
priority probably probe probe-count probes problem problems processor prompt propagation protected
protocol prove pull push qos qualify quantify question queue queueing quick quickly ram random rate
ratio raw re re-check reach reachability reachable reached reaches reaching read reading readings
really reason reboot rebooted receive received receiver receives recheck record red reduce ref
reflector regarding regards relation relationship reload remote remove repair repeat replaced
replication reply report reports request requesting required reroute rerun reset resets resetting
respond responds response restart restore restrictions reveal review right road role root round
round-trip roundtrip route routed router routers routes routing rsvp-te rtt rtts rule rules run
running running-config runs rush same sample samples sanity say says scan scenario scope script
search second seconds secrets section security see seems seen sees segment segment-list segments send
sender sending sends sent server servers service sess session sessions set setup severe sh shall
shape shedding sheds shell shift shoot short shortest should show shows shut shutdown sick sid side
sign silent since sit site sites sits size size-bytes sized skip sla slo slot slow slower slowish
slowly slowness sluggish small smaller smallest snapshot sniff snmp so software some somebody someone
something sometimes somewhere sorry source sourced speak speaks speed spend spikes sporadic spot sr
sr-te src src-node srv6 ssh stable stall stalls standing start started starting starts state states
statistics stats status stay steered steers still stop stopping stops storage strange strangely
stream stretch strict stuck study stuff subject suffer suffers summarize summary support supported
sure survey suspect suspected suspicion swallowed switch system table tagged tail tail-end take takes
taking talk talking talks target task tc tcp te team tell temperature ten tenth terminating terms
test text than thank thanks that thats the their them then there they thing things think third this
thousand threshold through throughput throwing thrown thru thx ticket time timer times timing to
to-node today todo tolerable tolerance tolerate tolerated tonight too top topic topology tos tossed
total touching toward towards trace traceroute track traffic traffic-class transit transiting
transits translate transmission transport travel traveling travelling traverses traversing trip
trouble troubleshoot troubleshooting true trust try ts tt tunnel turn twenty two type udp unable
unacceptable unanswered under understand unexpected unexplained unfragmented unhappy unit units
unreachable unstable until up up-down update upgrade upgraded urgent urgently us usable usage use
used user users uses using usual utc util utilisation utilization validate value values vanish
vanishes vanishing variation vendor verification verify version very via video view visible vlan
voice vpn vpnv4 vrf vx wait waiting waits wanna want wants warn was watch way waypoint waypoints we
weather wed week well went were weve what whatever whats when whenever where whether which while who
whole whose why will with without wonder wondering wont word work worked working works worried would
write wrong yes yesterday yo you your z-end zero
`;
