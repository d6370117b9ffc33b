"""The articles of the contract's appendix with their abstracts, and its speech text B."""

ARTICLE_1 = """\
Harbour City voted on Tuesday to replace its entire fleet of diesel buses with electric \
models by 2031. The council approved a budget of 240 million euros for the programme, which \
covers 310 vehicles and three charging depots. Mayor Lena Ortiz said the change would cut \
the city's transport emissions by almost half. The weather on the day of the vote was \
unusually warm for October. Councillors spent more than six hours debating the plan before \
the final ballot. Opponents argued that the money should first be spent on repairing the \
tram network, which has suffered frequent breakdowns. They also warned that the local power \
grid may not be able to supply enough electricity at night. The grid operator replied that \
two new substations, already under construction, will be ready in 2027. Electric buses cost \
about twice as much as diesel ones, but the city expects lower fuel and maintenance costs to \
recover the difference within nine years. Some visitors in the gallery applauded when the \
result was announced. The first forty electric buses will be delivered next summer and will \
serve the airport line and the university line. Drivers will receive a four week training \
course, and no jobs will be lost, according to the transport union. A similar project in the \
neighbouring town of Westmoor ran over budget because its charging depot flooded. Harbour \
City's engineers say they studied that failure and will build the depots on higher ground. \
The council will publish a progress report every six months."""

ABSTRACT_1 = """\
Harbour City will replace all its diesel buses with electric buses by 2031 under a 240 \
million euro programme covering 310 vehicles and three charging depots. The mayor says \
transport emissions will be cut by almost half. Opponents wanted the tram network repaired \
first and warned about the power grid, but the operator says two substations will be ready \
in 2027. Electric buses cost twice as much, and the city expects lower fuel and maintenance \
costs to recover this in nine years. The first forty buses arrive next summer."""

ARTICLE_2 = """\
Coffee leaf rust is a fungal disease that attacks the leaves of coffee plants and can \
destroy a whole harvest. It appears first as pale yellow spots, which later turn into an \
orange powder. The fungus spreads by wind and rain, and it thrives in warm, humid weather. \
My grandfather used to drink six cups of coffee a day. Farmers in Central America lost more \
than a billion dollars to the disease between 2012 and 2014. Fungicides based on copper can \
slow the infection, but they are expensive and must be applied several times each season. \
Many small farms cannot afford them. Plant breeders have therefore developed resistant \
varieties, some of which keep the flavour that buyers expect. However, the fungus evolves \
quickly, and several varieties that were resistant ten years ago are now infected. Shade \
trees are often planted above the coffee. Researchers found that moderate shade lowers the \
temperature of the leaves and reduces the rust, while dense shade increases humidity and \
makes it worse. Coffee was first cultivated in Yemen. Removing infected leaves early and \
keeping plants well fed also limits the damage. Experts recommend combining resistant \
varieties, careful shade and limited fungicide use rather than relying on one method. \
Without such measures, climate change is expected to push the disease to higher altitudes \
where coffee was once safe."""

ABSTRACT_2 = """\
Coffee leaf rust is a fungal disease that can destroy a whole harvest and spreads by wind \
and rain in warm humid weather. Copper fungicides slow it but are expensive. Breeders \
developed resistant varieties, but the fungus evolves quickly. Moderate shade reduces rust \
while dense shade makes it worse. Experts recommend combining resistant varieties, careful \
shade and limited fungicide use. Climate change is expected to push the disease to higher \
altitudes."""

SPEECH = """\
good morning everyone and welcome to the second lecture of this course
today we are going to talk about computer networks and how data moves between machines
a network is a group of computers that are connected so that they can share information
when you open a web page your computer sends a request to a server and the server sends a response
the request travels through many routers before it reaches the server
each router reads the address and decides where to send the packet next
if a packet is lost the sender waits for a short time and then sends it again
this simple idea makes the internet reliable even when some parts of it fail
in the next lecture we will look at security and learn how to protect private data
please read the first two chapters of the book before friday
"""
